/** What a schema says about itself: the source of the example file, the manual page and the help of the console. */
import { z } from 'zod';

export type FieldText = {
  /** `http.port`, `listeners[].name`. */
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  readonly help: string;
  /** In words: `number 0–65535`, `mx | submission | relay`. */
  readonly type: string;
  /** JSON of the default; undefined when there is none. */
  readonly preset: string | undefined;
  readonly required: boolean;
  readonly isGroup: boolean;
  readonly isList: boolean;
};

/** Every field of the schema, groups before what is in them. */
export function describeFields(schema: z.ZodObject, path = '', depth = 0): FieldText[] {
  return Object.entries(schema.shape).flatMap(([name, value]) => {
    const full = path === '' ? name : `${path}.${name}`;
    const field = value as z.ZodType;
    const { bare, help, preset } = layers(field);
    const inner = bare instanceof z.ZodArray ? layers(bare.element as z.ZodType).bare : bare;
    const isGroup = inner instanceof z.ZodObject;
    const isList = bare instanceof z.ZodArray;
    const text: FieldText = {
      path: full,
      name,
      depth,
      help,
      type: typeText(bare),
      preset: isGroup && !isList ? undefined : preset,
      required: !field.safeParse(undefined).success && !isGroup,
      isGroup,
      isList,
    };
    const below =
      inner instanceof z.ZodObject ? describeFields(inner, isList ? `${full}[]` : full, depth + 1) : [];
    return [text, ...below];
  });
}

type Layers = { readonly bare: z.ZodType; readonly help: string; readonly preset: string | undefined };

/** Goes through defaults and options to the type itself, collecting what they say on the way. */
function layers(schema: z.ZodType): Layers {
  let current = schema;
  let help = '';
  let preset: string | undefined;
  for (let i = 0; i < 20; i++) {
    if (help === '') help = current.description ?? '';
    if (current instanceof z.ZodDefault) preset ??= JSON.stringify(current.def.defaultValue);
    if (
      current instanceof z.ZodOptional ||
      current instanceof z.ZodDefault ||
      current instanceof z.ZodPrefault
    )
      current = current.unwrap() as z.ZodType;
    else if (current instanceof z.ZodPipe) current = current.in as z.ZodType;
    else break;
  }
  return { bare: current, help, preset };
}

function typeText(schema: z.ZodType): string {
  if (schema instanceof z.ZodEnum) return schema.options.join(' \\| ');
  if (schema instanceof z.ZodBoolean) return 'true \\| false';
  if (schema instanceof z.ZodNumber) return `number ${schema.minValue ?? ''}–${schema.maxValue ?? ''}`;
  if (schema instanceof z.ZodObject) return 'group';
  if (schema instanceof z.ZodArray) {
    const element = layers(schema.element as z.ZodType).bare;
    return element instanceof z.ZodObject ? 'list of groups' : `list of ${typeText(element)}`;
  }
  return 'text';
}
