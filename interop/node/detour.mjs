// Leads connections to Apple's host names somewhere else, for libraries that do not let themselves be given an address.

import { readFileSync } from 'node:fs';
import tls from 'node:tls';

/**
 * Every TLS connection that is opened from now on goes to the URL's host and port and trusts this authority;
 * the server name, which the certificate must have, stays the one that the library asked for.
 */
export function detour(url, ca) {
  const connect = tls.connect;
  const trusted = readFileSync(ca);
  tls.connect = (options, ...rest) =>
    connect(
      {
        ...options,
        host: url.hostname,
        port: Number(url.port),
        servername: options.servername || options.host,
        ca: trusted,
      },
      ...rest,
    );
}
