/**
 * Macro strings of SPF (RFC 7208 §7): parsed once with their record, expanded per check. Expansion is plain text work; the
 * one macro that needs DNS, %{p}, is looked up by the caller before (`usesValidatedName`).
 */
import { err, ok, type Result } from '#core/result.ts';

export type MacroLetter = 's' | 'l' | 'o' | 'd' | 'i' | 'p' | 'v' | 'h' | 'c' | 'r' | 't';

type Macro = {
  readonly letter: MacroLetter;
  /** Right-hand parts to keep; 0 keeps all. */
  readonly keep: number;
  readonly isReversed: boolean;
  readonly delimiters: string;
  readonly isUrlEscaped: boolean;
};

export type MacroString = {
  readonly parts: readonly (string | Macro)[];
  readonly usesValidatedName: boolean;
};

/** What each letter stands for in one check; values that cost something are made when asked for. */
export type MacroValues = (letter: MacroLetter) => string;

/** `explanation` also takes spaces and the letters c, r and t (RFC 7208 §7.2). */
export type MacroPlace = 'domain' | 'explanation';

const MACRO = /^%\{([slodipvhcrt])(\d*)(r?)([-.+,/_=]*)\}/i;
const FIXED: Readonly<Record<string, string>> = { '%%': '%', '%_': ' ', '%-': '%20' };
/** Longer expansions are cut: no name is longer than 253, and no explanation worth showing is. */
const MAX_EXPANSION = 4096;

/** Parses a macro string; the error names what is wrong. */
export function parseMacroString(text: string, place: MacroPlace): Result<MacroString, string> {
  const parts: (string | Macro)[] = [];
  let usesValidatedName = false;
  let literal = '';
  for (let i = 0; i < text.length;) {
    if (text[i] !== '%') {
      if (!isLiteral(text.charCodeAt(i), place))
        return err(`a character that is not allowed at "${text.slice(i, i + 8)}"`);
      literal += text[i++];
      continue;
    }
    const fixed = FIXED[text.slice(i, i + 2)];
    if (fixed !== undefined) {
      literal += fixed;
      i += 2;
      continue;
    }
    const match = MACRO.exec(text.slice(i, i + 200));
    const macro = match === null ? undefined : readMacro(match, place);
    if (match === null || macro === undefined) return err(`a wrong macro at "${text.slice(i, i + 12)}"`);
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push(macro);
    usesValidatedName ||= macro.letter === 'p';
    i += match[0].length;
  }
  if (literal !== '') parts.push(literal);
  return ok({ parts, usesValidatedName });
}

/** RFC 7208 §7.1: macro-literal is visible ASCII but "%"; explain-string has spaces, too. */
function isLiteral(code: number, place: MacroPlace): boolean {
  return (code >= 0x21 && code <= 0x7e) || (code === 0x20 && place === 'explanation');
}

function readMacro(match: RegExpExecArray, place: MacroPlace): Macro | undefined {
  const [, written = '', digits = '', reverse = '', delimiters = ''] = match;
  const letter = written.toLowerCase() as MacroLetter; // the pattern names the letters
  if (place === 'domain' && 'crt'.includes(letter)) return undefined;
  // RFC 7208 §7.3: the number of parts must not be zero.
  if (digits !== '' && Number(digits) === 0) return undefined;
  return {
    letter,
    keep: Math.min(Number(digits), 1000),
    isReversed: reverse !== '',
    delimiters: delimiters === '' ? '.' : delimiters,
    isUrlEscaped: written !== letter,
  };
}

export function expandMacros(macros: MacroString, values: MacroValues): string {
  let text = '';
  for (const part of macros.parts) {
    text += typeof part === 'string' ? part : expandMacro(part, values(part.letter));
    if (text.length > MAX_EXPANSION) return text.slice(-MAX_EXPANSION);
  }
  return text;
}

/** RFC 7208 §7.3: split, reverse, keep the right-hand parts, join with dots, then escape. */
function expandMacro(macro: Macro, value: string): string {
  let text = value;
  if (macro.keep > 0 || macro.isReversed || macro.delimiters !== '.') {
    let parts = splitAt(value, macro.delimiters);
    if (macro.isReversed) parts = parts.toReversed();
    text = (macro.keep > 0 ? parts.slice(-macro.keep) : parts).join('.');
  }
  return macro.isUrlEscaped ? escapeUrl(text) : text;
}

function splitAt(value: string, delimiters: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i <= value.length; i++) {
    if (i < value.length && !delimiters.includes(value[i]!)) continue; // `!`: below the length
    parts.push(value.slice(start, i));
    start = i + 1;
  }
  return parts;
}

/** RFC 7208 §7.3: all but the unreserved characters of RFC 3986 §2.3. */
function escapeUrl(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
