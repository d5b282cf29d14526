/** A state in a word with a colour and a shape: the colour is never the only sign. */
import { Badge } from '@mantine/core';

export type Tone = 'good' | 'bad' | 'warn' | 'plain' | 'info';
const SIGNS: Readonly<Record<Tone, string>> = { good: '✓', bad: '✕', warn: '!', plain: '·', info: 'i' };

export function Mark({
  tone,
  children,
}: {
  readonly tone: Tone;
  readonly children: React.ReactNode;
}): React.JSX.Element {
  return (
    <Badge
      variant="filled"
      tt="none"
      fw={600}
      radius="sm"
      styles={{
        root: {
          background: `var(--gate-${tone}-ground)`,
          color: `var(--gate-${tone})`,
          flexShrink: 0,
          height: 'auto',
          padding: '0.15rem 0.5rem',
        },
        label: { overflow: 'visible', whiteSpace: 'normal', lineHeight: 1.3 },
      }}
      leftSection={<span aria-hidden="true">{SIGNS[tone]}</span>}
    >
      {children}
    </Badge>
  );
}

const TONES: Readonly<Record<string, Tone>> = {
  accept: 'good',
  delivered: 'good',
  pass: 'good',
  good: 'good',
  normal: 'good',
  signing: 'good',
  tag: 'info',
  queued: 'info',
  neutral: 'plain',
  published: 'info',
  hold: 'warn',
  held: 'warn',
  defer: 'warn',
  deferred: 'warn',
  pause: 'warn',
  warning: 'warn',
  temperror: 'warn',
  timeout: 'warn',
  reroute: 'info',
  reject: 'bad',
  refused: 'bad',
  failed: 'bad',
  expired: 'bad',
  fail: 'bad',
  bad: 'bad',
  crashed: 'bad',
  permerror: 'bad',
};
/** The tone of a verdict, a state or an outcome; plain for what is not known. */
export const toneOf = (value: string): Tone => TONES[value] ?? 'plain';
