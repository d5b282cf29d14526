/** What a file name claims: its extensions, and the family a desktop would open it as. */
import type { FileFamily } from './file-kinds.ts';

const FAMILIES: Readonly<Partial<Record<FileFamily, string>>> = {
  executable:
    'exe com scr pif cpl dll sys ocx drv msi msp mst msix appx appinstaller msu jar class apk ipa deb rpm app run elf so dylib pkg chm hlp xll wll gadget application xbap swf',
  script:
    'bat cmd vbs vbe js jse jsx mjs ws wsf wsc wsh sct hta ps1 ps1xml ps2 psc1 psd1 psm1 sh bash csh ksh zsh py pyw pyc pl rb php lua tcl applescript scpt command vb vba bas reg inf ins isp msh msh1 msh2 mshxml settingcontent-ms iqy slk xsl xslt au3 ahk',
  shortcut:
    'lnk url website desktop webloc scf library-ms search-ms searchconnector-ms appref-ms jnlp rdp theme diagcab contact',
  archive:
    'zip rar 7z gz tgz bz2 tbz tbz2 xz txz tar ace arj cab lzh lha z zoo cpio ar lz lzma zst lz4 xar zipx r00 r01 001 uue jar',
  'disk-image': 'iso img vhd vhdx vmdk udf dmg wim daa nrg qcow2 squashfs',
  document:
    'pdf doc docx docm dot dotx dotm rtf odt xls xlsx xlsm xlsb xlt xltx xltm xlam xla ods ppt pptx pptm pot potx potm pps ppsx ppsm ppam odp odg one onepkg onetoc2 pub vsd vsdx mdb accdb xps oxps epub html htm xhtml shtml mht mhtml svg xml wpd hwp',
  image: 'png jpg jpeg jpe gif bmp tif tiff ico webp heic heif avif psd emf wmf jp2 jxl',
  audio: 'mp3 wav ogg flac m4a aac wma mid midi amr aiff opus',
  video: 'mp4 avi mkv mov wmv flv mpg mpeg webm m4v 3gp',
  font: 'ttf otf woff woff2',
  text: 'txt csv tsv log md json yaml yml ini conf ics vcf asc',
  message: 'eml msg pst ost mbox dat tnef',
  cryptographic: 'p7s p7m p7c p12 pfx cer crt pem der key gpg pgp sig',
};

const BY_EXTENSION: ReadonlyMap<string, FileFamily> = new Map(
  (Object.entries(FAMILIES) as [FileFamily, string][])
    .flatMap(([family, list]) => list.split(' ').map((e): [string, FileFamily] => [e, family]))
    .reverse(),
);

export function familyOfExtension(extension: string): FileFamily | undefined {
  return BY_EXTENSION.get(extension);
}

/**
 * The extensions of a name, outermost last, lower case. What Windows drops is dropped: dots and spaces at the end, what
 * stands before a path separator, an alternate stream (`a.txt:x.exe` opens as a.txt), invisible characters.
 */
export function extensionsOf(name: string): string[] {
  const file = name
    .slice(-1000)
    .normalize('NFKC')
    .replaceAll(/[\u0000-\u001f\u007f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
    .split(/[/\\]/)
    .at(-1)!; // `!`: split gives at least one piece
  const plain = file.replace(/:.*$/s, '').replace(/[. ]+$/, '');
  return plain
    .split('.')
    .slice(1)
    .map((e) => e.trim().toLowerCase());
}

const DANGEROUS: ReadonlySet<FileFamily | undefined> = new Set([
  'executable',
  'script',
  'shortcut',
  'disk-image',
] as const);

/** `invoice.pdf.exe`, `photo.jpg      .scr`: a harmless ending shown in front of a dangerous one. */
export function isDoubleExtension(name: string): boolean {
  const extensions = extensionsOf(name);
  const last = familyOfExtension(extensions.at(-1) ?? '');
  const before = familyOfExtension(extensions.at(-2) ?? '');
  return DANGEROUS.has(last) && before !== undefined && !DANGEROUS.has(before) && before !== 'archive';
}
