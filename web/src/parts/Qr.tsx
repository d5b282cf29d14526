/** A QR code as one path, black on white in every appearance, since cameras want it so. */
import { qrCode } from './qr.ts';

export function Qr({
  text,
  name,
}: {
  readonly text: string;
  readonly name: string;
}): React.JSX.Element | null {
  const rows = qrCode(text);
  if (rows === undefined) return null;
  const size = rows.length + 8;
  const path = rows
    .flatMap((row, y) => row.flatMap((d, x) => (d ? [`M${x + 4},${y + 4}h1v1h-1z`] : [])))
    .join('');
  return (
    <svg
      role="img"
      aria-label={name}
      viewBox={`0 0 ${size} ${size}`}
      width={240}
      height={240}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
