/** An e-mail address; where it has to break, it breaks behind the @. */
import { Fragment } from 'react';

export function Address({ of }: { readonly of: string }): React.JSX.Element {
  const parts = of.split('@');
  return (
    <span style={{ overflowWrap: 'break-word' }}>
      {parts.map((part, n) => (
        // The parts of one address keep their places.
        // oxlint-disable-next-line react/no-array-index-key
        <Fragment key={n}>
          {part}
          {n < parts.length - 1 && (
            <>
              @<wbr />
            </>
          )}
        </Fragment>
      ))}
    </span>
  );
}
