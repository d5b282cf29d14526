/** The scope of a request or an access, as the API tells it: checked field by field, since its schema leaves it open. */
export type SearchShown = {
  readonly sender: string | undefined;
  readonly recipient: string | undefined;
  readonly sinceMs: number | undefined;
  readonly untilMs: number | undefined;
};
export type Asked = {
  readonly message: string | null;
  readonly search: unknown;
  readonly place: string | undefined;
  readonly durationMs: number | undefined;
};

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

export const searchIn = (search: unknown): SearchShown => ({
  sender: textOf(fieldOf(search, 'sender')),
  recipient: textOf(fieldOf(search, 'recipient')),
  sinceMs: numberOf(fieldOf(search, 'sinceMs')),
  untilMs: numberOf(fieldOf(search, 'untilMs')),
});

/** From the details of a request for content. */
export function askedIn(details: unknown): Asked {
  const scope = fieldOf(details, 'scope');
  return {
    message: textOf(fieldOf(scope, 'message')) ?? null,
    search: fieldOf(scope, 'search'),
    place: textOf(fieldOf(details, 'place')),
    durationMs: numberOf(fieldOf(details, 'durationMs')),
  };
}
