/** Small line drawings; never the only sign of anything, so they are hidden from screen readers. */
const PATHS: Readonly<Record<string, string>> = {
  pulse: 'M3 12h4l3-7 4 14 3-7h4',
  search: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5 21 21',
  hand: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM9.5 9v6M14.5 9v6',
  queue: 'M4 6h16M4 12h16M4 18h10',
  globe: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  send: 'M3 11 21 3l-6 18-4-7zM11 14 21 3',
  link: 'M9 15l6-6M10 6l2-2a4 4 0 0 1 6 6l-2 2M14 18l-2 2a4 4 0 0 1-6-6l2-2',
  route:
    'M6 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM18 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM8 17h6a3 3 0 0 0 0-6H10a3 3 0 0 1 0-6h6',
  sliders: 'M4 8h9M17 8h3M15 6v4M4 16h3M11 16h9M9 14v4',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5a6.5 6.5 0 0 1 3.5 5.5',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z',
  stream: 'M4 7c4-4 4 4 8 0s4 4 8 0M4 13c4-4 4 4 8 0s4 4 8 0M4 19c4-4 4 4 8 0s4 4 8 0',
  book: 'M5 4h12a2 2 0 0 1 2 2v14H7a2 2 0 0 1-2-2zM5 18a2 2 0 0 1 2-2h12M9 8h6',
  buildings: 'M3 21V7l7-4v18M10 21V10h11v11M6 9v0M6 13v0M6 17v0M14 14v0M17 14v0M14 17v0M17 17v0',
  check: 'M4 12l5 5L20 6',
  record: 'M6 3h9l4 4v14H6zM9 12h7M9 16h7M9 8h3',
  key: 'M8 19a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM11.5 10.5 20 3M16 6l3 3',
  review: 'M12 3a9 9 0 1 1-8 5M4 3v5h5M12 7v5l3 3',
};

export function Icon({
  name,
  size = 18,
}: {
  readonly name: string;
  readonly size?: number;
}): React.JSX.Element {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name] ?? ''} />
    </svg>
  );
}
