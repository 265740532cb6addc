import type { ConfigName } from '../../core/config-document.js';
import type { Limits } from '../../core/limits.js';
import { checkName } from '../../core/text.js';

/** @throws Fault INVALID_ARGUMENT, as `checkName`. */
export function checkConfigName({ namespace, name }: ConfigName, limits: Limits): void {
  checkName(namespace, limits.nameBytes, 'namespace');
  checkName(name, limits.nameBytes);
}
