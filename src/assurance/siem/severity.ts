/** How much an event matters to whoever watches: by its words, so that a new event has a level without being listed here. */
export type Level = 'informational' | 'low' | 'medium' | 'high' | 'critical';

const LEVELS: readonly (readonly [RegExp, Level])[] = [
  [/break-glass/, 'critical'],
  [/content-read$|^content\.|^access\.refused$|replayed|forged|clone/, 'high'],
  [/failed$|refused$|locked$|step-up/, 'medium'],
  [/deleted$|removed$|revoked$|deactivated$|suspended$|changed$|granted$|erased$/, 'low'],
];

export function levelOf(what: string): Level {
  return LEVELS.find(([words]) => words.test(what))?.[1] ?? 'informational';
}
