/** A link to one of our pages, its address and questions checked against the routes. */
import { Anchor } from '@mantine/core';
import { createLink } from '@tanstack/react-router';

export const TextLink = createLink(Anchor<'a'>);
