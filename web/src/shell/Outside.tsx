/** The frame of pages before sign-in: one card, the name of the gate, the reader's language. */
import { Card, Center, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import { UserMenu } from './UserMenu.tsx';

type Props = { readonly title: string; readonly width?: string; readonly children: React.ReactNode };

export function Outside({ title, width = '26rem', children }: Props): React.JSX.Element {
  useEffect(() => {
    document.title = `${title} – Gatehouse`;
  }, [title]);
  return (
    <Center mih="100vh" p="md" component="main">
      <Stack w={width} maw="100%">
        <Group justify="space-between">
          <Group gap="xs">
            <img src="/gate.svg" alt="" width={28} height={28} />
            <Text fw={700} size="xl">
              Gatehouse
            </Text>
          </Group>
          <UserMenu />
        </Group>
        <Card withBorder bg="var(--gate-card)" p="lg">
          <Title order={1} fz="1.3rem" mb="md">
            {title}
          </Title>
          {children}
        </Card>
      </Stack>
    </Center>
  );
}
