/**
 * Holds the code's citations against docs/standards.tsv, both ways: an RFC cited in the code must be listed, and one listed
 * as `yes` or `partial` must be cited somewhere. `--files` prints section → files.
 */
import { globSync, readFileSync } from 'node:fs';

type Standard = { readonly number: string; readonly status: string };

const listed = new Map<string, Standard>();
const complaints: string[] = [];
const [head = '', ...lines] = readFileSync('docs/standards.tsv', 'utf8').trimEnd().split('\n');
if (head !== 'number\ttitle\tstatus\troom\tnote')
  complaints.push('docs/standards.tsv:1: the heading is not the expected one');
for (const [i, line] of lines.entries()) {
  const [number = '', , status = ''] = line.split('\t');
  if (!/^\d+$/.test(number)) complaints.push(`docs/standards.tsv:${i + 2}: "${number}" is no RFC number`);
  if (!['yes', 'partial', 'no', 'planned'].includes(status))
    complaints.push(`docs/standards.tsv:${i + 2}: status "${status}" is none of yes, partial, no, planned`);
  if (listed.has(number)) complaints.push(`docs/standards.tsv:${i + 2}: RFC ${number} is listed twice`);
  listed.set(number, { number, status });
}

const cited = new Map<string, Set<string>>();
const files = globSync('{src,test,tools,bench}/**/*.ts');
for (const file of files) {
  for (const match of readFileSync(file, 'utf8').matchAll(/RFC (\d{3,5})(?: §([\dA-Z.]+\d))?/g)) {
    const number = match[1]!; // `!`: the group is not optional
    if (!listed.has(number))
      complaints.push(`${file}: cites RFC ${number}, which docs/standards.tsv does not list`);
    const key = `RFC ${number}${match[2] === undefined ? '' : ` §${match[2]}`}`;
    cited.set(key, (cited.get(key) ?? new Set()).add(file));
  }
}
for (const s of listed.values()) {
  const seen = [...cited.keys()].some((k) => k === `RFC ${s.number}` || k.startsWith(`RFC ${s.number} `));
  if ((s.status === 'yes' || s.status === 'partial') && !seen)
    complaints.push(`docs/standards.tsv: RFC ${s.number} is listed as ${s.status} but no file cites it`);
}
if (files.length < 10 || cited.size < 10)
  complaints.push(`only ${files.length} files and ${cited.size} citations seen: the checker is blind`);

if (process.argv.includes('--files'))
  for (const [key, where] of [...cited].toSorted()) console.log(`${key}\t${[...where].join(' ')}`);
for (const complaint of complaints) console.error(complaint);
console.log(`citations: ${cited.size} sections in ${files.length} files, ${listed.size} standards listed`);
process.exitCode = complaints.length > 0 ? 1 : 0;
