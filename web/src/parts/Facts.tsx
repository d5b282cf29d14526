/** Names and values as a definition list; values may be long and foreign, so they break anywhere. */
export type Fact = readonly [name: string, value: React.ReactNode];

export function Facts({ facts }: { readonly facts: readonly Fact[] }): React.JSX.Element {
  return (
    <dl className="gate-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
