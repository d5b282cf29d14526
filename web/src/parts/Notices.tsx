/** Short words on what was just done, read out by screen readers; they go by themselves after a while, mistakes do not. */
import { CloseButton, Group, Paper, Stack, Text } from '@mantine/core';
import { createContext, useCallback, useContext, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Failed } from './States.tsx';

type Notice = { readonly id: number; readonly text?: string; readonly error?: unknown };
type Tell = { readonly done: (text: string) => void; readonly failed: (error: unknown) => void };

const Context = createContext<Tell>({ done: () => {}, failed: () => {} });
export const useNotices = (): Tell => useContext(Context);

const SHOWN_MS = 8_000;

export function Notices({ children }: { readonly children: React.ReactNode }): React.JSX.Element {
  const { t } = useTranslation();
  const [list, setList] = useState<readonly Notice[]>([]);
  const last = useRef(0);
  const remove = useCallback((id: number) => setList((old) => old.filter((n) => n.id !== id)), []);
  const tell = useMemo<Tell>(
    () => ({
      done: (text) => {
        const id = ++last.current;
        setList((old) => [...old.slice(-3), { id, text }]);
        setTimeout(() => remove(id), SHOWN_MS);
      },
      failed: (error) => {
        const id = ++last.current;
        setList((old) => [...old.slice(-3), { id, error }]);
      },
    }),
    [remove],
  );
  return (
    <Context value={tell}>
      {children}
      <Stack
        className="gate-notices"
        gap="xs"
        role="region"
        aria-label={t('shell.notices')}
        aria-live="polite"
      >
        {list.map((n) => (
          <Paper key={n.id} withBorder shadow="md" p="sm" bg="var(--gate-card)">
            <Group wrap="nowrap" align="flex-start">
              <div style={{ flex: 1 }}>
                {n.text === undefined ? <Failed error={n.error} /> : <Text size="sm">✓ {n.text}</Text>}
              </div>
              <CloseButton aria-label={t('action.close')} onClick={() => remove(n.id)} />
            </Group>
          </Paper>
        ))}
      </Stack>
    </Context>
  );
}
