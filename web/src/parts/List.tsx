/** A table with a name, columns and a way to the next page. Wide tables scroll by themselves, also by keyboard. */
import { Button, Group, Paper, ScrollArea, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export type Column<T> = {
  readonly head: string;
  readonly cell: (row: T) => React.ReactNode;
  readonly align?: 'right';
  /** Heads are always read out; some need not be seen. */
  readonly isQuiet?: boolean;
  readonly width?: string | number;
};
type Props<T> = {
  readonly name: string;
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly columns: readonly Column<T>[];
};

export function List<T>({ name, rows, keyOf, columns }: Props<T>): React.JSX.Element {
  return (
    <Paper withBorder bg="var(--gate-card)" style={{ overflow: 'hidden' }}>
      <ScrollArea.Autosize type="auto" viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': name }}>
        <Table aria-label={name} miw={columns.length * 110}>
          <Table.Thead>
            <Table.Tr>
              {columns.map((c) => (
                <Table.Th key={c.head} scope="col" ta={c.align} w={c.width}>
                  <span className={c.isQuiet === true ? 'gate-unseen' : undefined}>{c.head}</span>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={keyOf(row)}>
                {columns.map((c) => (
                  <Table.Td key={c.head} ta={c.align}>
                    {c.cell(row)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
    </Paper>
  );
}

type PagesProps = {
  readonly shown: number;
  readonly isFirst: boolean;
  readonly next: string | undefined;
  readonly go: (cursor: string | undefined) => void;
};
/** Cursor paging: to the first page, or one on; the browser's own "back" goes one back, since the cursor is in the address. */
export function Pages({ shown, isFirst, next, go }: PagesProps): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Group justify="space-between">
      <Text size="sm" c="dimmed" role="status">
        {t('list.shown', { count: shown })}
      </Text>
      {(!isFirst || next !== undefined) && (
        <Group gap="xs">
          <Button variant="default" size="xs" disabled={isFirst} onClick={() => go(undefined)}>
            {t('list.first')}
          </Button>
          <Button variant="default" size="xs" disabled={next === undefined} onClick={() => go(next)}>
            {t('list.next')}
          </Button>
        </Group>
      )}
    </Group>
  );
}
