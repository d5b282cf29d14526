/** A card with a heading, named for those who jump from region to region. */
import { Card, Group, Title } from '@mantine/core';

type Props = {
  readonly title: string;
  readonly actions?: React.ReactNode;
  readonly children: React.ReactNode;
};

export function Section({ title, actions, children }: Props): React.JSX.Element {
  return (
    <Card withBorder bg="var(--gate-card)" component="section" aria-label={title}>
      <Group justify="space-between" mb="sm">
        <Title order={2}>{title}</Title>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Card>
  );
}
