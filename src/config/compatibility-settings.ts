import { oneOf } from './format.js';
import { REPLACED_SYSTEMS } from './replaced.js';
import { setting } from './setting.js';

/** Whose variables count beside ours. */
export const COMPATIBILITY_SETTINGS = {
  system: setting(
    'SHARED_LOCK_COMPATIBILITY',
    oneOf('', ...REPLACED_SYSTEMS),
    '',
    'The system that this daemon stands in for, whose variables it takes too, ours first: `original`, `counter-app`, `config-cache`, ' +
      '`config-api`, `messages`, or `none`; see docs/replaced-systems.md.',
    { fallbackDoc: '`counter-app` if `ETCD_LOCK_KEY` or `ETCD_LOCK_TTL` is set, else `none`' },
  ),
};
