import { setting } from './setting.js';
import { hostList, originList } from './web-lists.js';

/** Which web pages may use the HTTP API. */
export const HTTP_SETTINGS = {
  allowedHosts: setting(
    'SHARED_LOCK_HTTP_ALLOWED_HOSTS',
    hostList,
    '',
    'Host names that the HTTP API answers to without TLS, comma-separated, `.example.com` for all below: for an ' +
      'ingress, say. Always: IP addresses, names without a dot, below `.localhost`, `.local`, `.internal`, `.home.arpa`, ' +
      '`.svc` and `.cluster.local`, and the name of this machine.',
    { fallbackDoc: 'none' },
  ),
  allowedOrigins: setting(
    'SHARED_LOCK_HTTP_ALLOWED_ORIGINS',
    originList,
    '',
    "Origins whose web pages may use the HTTP API, comma-separated, such as `https://ops.example.com`. Pages of the daemon's own " +
      'always may, and programs are not asked.',
    { fallbackDoc: 'none' },
  ),
};
