/** A button that may be out of reach for a reason: it keeps its place in the tab order and says why. */
import { Button, type ButtonProps, Tooltip } from '@mantine/core';

type Props = ButtonProps & {
  readonly children: React.ReactNode;
  readonly onClick: () => void;
  /** Why it cannot be used now; undefined when it can. */
  readonly reason?: string | undefined;
};

export function Reasoned({ reason, onClick, children, ...rest }: Props): React.JSX.Element {
  if (reason === undefined)
    return (
      <Button {...rest} onClick={onClick}>
        {children}
      </Button>
    );
  return (
    <Tooltip label={reason}>
      <Button {...rest} aria-disabled="true" data-disabled onClick={(event) => event.preventDefault()}>
        {children}
      </Button>
    </Tooltip>
  );
}
