import type { FieldSchema } from '../schema.js';

/** What proto-loader gives for a field that was not sent: as its `defaults` option has it. Undefined: no member. */
export function defaultOf(field: FieldSchema): unknown {
  if (field.isOptional) return undefined;
  if (field.shape === 'repeated') return [];
  if (field.shape === 'map') return {};
  switch (field.type.kind) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'uint32':
      return 0;
    case 'int64':
    case 'uint64':
      return '0';
    case 'enum':
      return field.type.of.nameOf(0);
    case 'duration':
    case 'timestamp':
    case 'message':
      return null;
  }
}
