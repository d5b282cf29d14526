/** The frame of every page: title, way back, actions. After a navigation the title has the focus, so that it is read out. */
import { Anchor, Breadcrumbs, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

export type Crumb = { readonly text: string; readonly to: string };
type Props = {
  readonly title: string;
  readonly lead?: React.ReactNode;
  readonly crumbs?: readonly Crumb[];
  readonly actions?: React.ReactNode;
  readonly children: React.ReactNode;
};

export function Page({ title, lead, crumbs = [], actions, children }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – Gatehouse`;
  }, [title]);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <Stack gap="lg">
      <div>
        {crumbs.length > 0 && (
          <nav aria-label={t('shell.breadcrumbs')}>
            <Breadcrumbs mb="xs">
              {crumbs.map((c) => (
                <Anchor key={c.to} component={Link} to={c.to} size="sm">
                  {c.text}
                </Anchor>
              ))}
              <Text size="sm" aria-current="page" c="dimmed">
                {title}
              </Text>
            </Breadcrumbs>
          </nav>
        )}
        <Group justify="space-between" align="flex-start" wrap="wrap">
          <Title
            order={1}
            ref={heading}
            tabIndex={-1}
            style={{ overflowWrap: 'anywhere' }}
            className="gate-title"
          >
            {title}
          </Title>
          {actions !== undefined && <Group gap="xs">{actions}</Group>}
        </Group>
        {lead !== undefined && (
          <Text c="dimmed" mt={4} maw="72ch">
            {lead}
          </Text>
        )}
      </div>
      {children}
    </Stack>
  );
}
