import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { certificateNames } from '../../../src/access/certificate-names.js';

describe('the names of a client certificate', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shared-lock-names-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Of a certificate whose CN is `admin`. */
  function namesWith(subjectAltName?: string): string[] {
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
    const extension =
      subjectAltName === undefined ? [] : ['-addext', `subjectAltName=${subjectAltName}`];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-subj', '/CN=admin', '-days', '2', '-keyout', key, '-out', cert, ...extension],
      ],
      { stdio: 'ignore' },
    );
    return certificateNames(new X509Certificate(readFileSync(cert)).subjectAltName);
  }

  it('are its URIs, or else its hosts, and never its CN', () => {
    expect(namesWith('URI:spiffe://corp/ns/a/sa/b,DNS:a.example')).to.deep.equal([
      'spiffe://corp/ns/a/sa/b',
    ]);
    expect(namesWith('DNS:a.example,DNS:b.example,IP:127.0.0.1')).to.deep.equal([
      'a.example',
      'b.example',
    ]);
    expect(namesWith('IP:127.0.0.1,email:a@example.com')).to.deep.equal([]);
    expect(namesWith()).to.deep.equal([]);
  });

  it('can not be made up by what is in one of them', () => {
    const names = (subjectAltName: string): string[] => certificateNames(subjectAltName);
    expect(names('DNS:"a, URI:spiffe://corp/admin"')).to.deep.equal(['a, URI:spiffe://corp/admin']);
    expect(names('email:"x\\", URI:spiffe://corp/admin", DNS:a')).to.deep.equal(['a']);
    for (const unreadable of ['DNS:a"b', 'DNS:"a', 'x', 'DNS:a,URI:b', 'DNS:"\\x"']) {
      expect(names(unreadable), unreadable).to.deep.equal([]);
    }
  });
});
