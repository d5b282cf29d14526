/**
 * Writes config.example.yaml and docs/operations/configuration.md from the configuration's own schema. `--check` writes
 * nothing and fails when they are not current.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describeFields, type FieldText } from '#platform/config/describe.ts';
import { configSchema, ENVIRONMENT, FLAGS } from '../src/config.ts';

const fields = describeFields(configSchema);
const files: Readonly<Record<string, string>> = {
  'config.example.yaml': example(fields),
  'docs/operations/configuration.md': manual(fields),
};

let stale = 0;
for (const [name, text] of Object.entries(files)) {
  if (!process.argv.includes('--check')) writeFileSync(name, text);
  else if (readFileSync(name, 'utf8') !== text) {
    console.error(`${name} is not current: run node tools/make-config-docs.ts`);
    stale++;
  }
}
process.exitCode = stale > 0 ? 1 : 0;

/** All lines commented out: what stands there is what holds when it is left out. */
function example(all: readonly FieldText[]): string {
  const lines = [
    '# Machine configuration of Gatehouse. Every line is commented out and shows the default.',
    '# Who we are to the mail world (domains, addresses, senders) is not here: see `gatehouse apply --help`.',
  ];
  for (const f of all) {
    const inList = f.path.includes('[]');
    const indent = '  '.repeat(f.depth + (inList ? 1 : 0));
    if (f.depth === 0) lines.push('');
    lines.push(...wrap(f.help, 100 - indent.length).map((l) => `# ${indent}# ${l}`));
    lines.push(`# ${indent}${f.name}:${f.isGroup && !f.isList ? '' : ` ${f.preset ?? ''}`}`.trimEnd());
  }
  return `${lines.join('\n')}\n`;
}

function manual(all: readonly FieldText[]): string {
  const rows = all.map((f) => {
    const preset =
      f.preset === undefined ? (f.required ? 'required' : '') : `\`${f.preset.replaceAll('|', '\\|')}\``;
    return `| \`${f.path}\` | ${f.type} | ${preset} | ${f.help.replaceAll('|', '\\|')} |`;
  });
  const names = Object.entries(ENVIRONMENT).map(([name, path]) => `| \`${name}\` | \`${path.join('.')}\` |`);
  return `# Machine configuration

Made by \`tools/make-config-docs.ts\` from the schema; do not edit.

Read once at start from \`gatehouse.yaml\` in the current folder, or the file that \`--config\` or \`GATEHOUSE_CONFIG\` names. The
environment wins over the file, a flag over the environment. An unknown key is an error, and \`gatehouse config check\` lists every
mistake at once. Relative paths start at the folder of the file they stand in.

| Key | Type | Default | Meaning |
|---|---|---|---|
${rows.join('\n')}

## Environment and flags

| Variable | Key |
|---|---|
${names.join('\n')}
| \`GATEHOUSE_MX_PORT\`, \`GATEHOUSE_SUBMISSION_PORT\`, \`GATEHOUSE_RELAY_PORT\` | \`port\` of the one listener of that kind, which is made where there is none |
| \`GATEHOUSE_CONFIG\` | the file to read |

Flags: ${['--config', ...FLAGS].map((f) => `\`${f}\``).join(', ')}.
`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!; // `!`: there is always a last line
    if (line !== '' && line.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
