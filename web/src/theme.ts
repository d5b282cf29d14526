/** Colours and defaults. Every pair of text and ground reaches 4.5:1 in light and dark (WCAG 2.2 §1.4.3); axe checks it. */
import { createTheme, type CSSVariablesResolver } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'cyan',
  primaryShade: { light: 9, dark: 9 },
  fontFamily: 'system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace',
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.6rem' }, h2: { fontSize: '1.15rem' } } },
  defaultRadius: 'md',
  cursorType: 'pointer',
  focusRing: 'always',
  respectReducedMotion: true,
  components: {
    Table: { defaultProps: { verticalSpacing: 'xs', highlightOnHover: true } },
    // The header of a dialog is no banner of the page.
    Modal: {
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.5 },
        attributes: { header: { role: 'presentation' } },
      },
    },
    Tooltip: {
      defaultProps: { events: { hover: true, focus: true, touch: true }, multiline: true, maw: 320 },
    },
    Anchor: { defaultProps: { underline: 'always' } },
  },
});

/** The library's muted colours are too pale for small text. */
export const variables: CSSVariablesResolver = () => ({
  variables: {
    // White on the library's own colour for a button under the pointer has only 4.3:1.
    '--mantine-color-cyan-filled-hover': '#095c6b',
    '--mantine-primary-color-filled-hover': '#095c6b',
  },
  light: {
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-7)',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
    '--mantine-color-anchor': 'var(--mantine-color-cyan-9)',
    '--gate-ground': 'var(--mantine-color-gray-0)',
    '--gate-card': 'var(--mantine-color-white)',
    '--gate-good': '#1b6e32',
    '--gate-good-ground': '#e3f5e8',
    '--gate-bad': '#a61e1e',
    '--gate-bad-ground': '#fdeaea',
    '--gate-warn': '#7a4b00',
    '--gate-warn-ground': '#fff3d6',
    '--gate-plain': '#3d4650',
    '--gate-plain-ground': '#e9ecef',
    '--gate-info': '#0b5c6b',
    '--gate-info-ground': '#def4f8',
  },
  dark: {
    '--mantine-color-dimmed': 'var(--mantine-color-dark-1)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-1)',
    '--mantine-color-error': '#ff9d9d',
    '--mantine-color-anchor': 'var(--mantine-color-cyan-3)',
    '--gate-ground': 'var(--mantine-color-dark-8)',
    '--gate-card': 'var(--mantine-color-dark-7)',
    '--gate-good': '#8ce0a3',
    '--gate-good-ground': '#123a20',
    '--gate-bad': '#ffb0b0',
    '--gate-bad-ground': '#4a1616',
    '--gate-warn': '#ffd27a',
    '--gate-warn-ground': '#453108',
    '--gate-plain': '#d5d9dd',
    '--gate-plain-ground': '#3a3f44',
    '--gate-info': '#93e2f0',
    '--gate-info-ground': '#0d3a43',
  },
});
