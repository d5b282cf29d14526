/** The words for what a file is, shared by the detectors. */
export type FileFamily =
  | 'executable'
  | 'script'
  | 'archive'
  | 'disk-image'
  | 'document'
  | 'shortcut'
  | 'image'
  | 'audio'
  | 'video'
  | 'font'
  | 'text'
  | 'message'
  | 'cryptographic'
  | 'empty'
  | 'unknown';

export type FileTrait = 'macros' | 'encrypted' | 'polyglot' | 'embedded-script';

/** What the content alone says. */
export type Content = {
  /** Short name: `pe`, `zip`, `docx`, `pdf`, `html`, `text`…; `unknown` where nothing is recognised. */
  readonly detected: string;
  readonly family: FileFamily;
  /** Macros, encryption and the like, as far as the first bytes tell. */
  readonly traits: readonly FileTrait[];
};
