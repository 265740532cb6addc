import { expect } from 'chai';
import { Users } from '../../../../src/server/admission/user-of.js';

describe('the user of a call', () => {
  const none = (): undefined => undefined;
  const users = new Users({ trustedProxies: [], countsLoopback: false });
  const behind = new Users({ trustedProxies: ['10.0.0.0/8', 'fd00::1'], countsLoopback: false });

  it('is its address', () => {
    expect(users.of('192.0.2.7', none)).to.equal('192.0.2.7');
    expect(users.of('::ffff:192.0.2.7', none)).to.equal('192.0.2.7');
  });

  it('is its network of 64 bits with IPv6, however that is spelled', () => {
    for (const address of ['2001:db8:0:1::5', '2001:DB8::1:0:0:0:7', '2001:db8:0:1:9::1.2.3.4']) {
      expect(users.of(address, none), address).to.equal('2001:db8:0:1::/64');
    }
    expect(users.of('fe80::1%eth0', none)).to.equal('fe80:0:0:0::/64');
    expect(users.of('::2', none)).to.equal('0:0:0:0::/64');
  });

  it('has no share on a Unix socket, and on loopback unless it is told so', () => {
    const counting = new Users({ trustedProxies: [], countsLoopback: true });
    expect(users.of(undefined, none)).to.equal(undefined);
    for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']) {
      expect(users.of(address, none), address).to.equal(undefined);
      expect(counting.of(address, none), address).to.be.a('string');
    }
  });

  it('is not what a stranger says of itself', () => {
    expect(users.of('192.0.2.7', () => '198.51.100.1')).to.equal('192.0.2.7');
    expect(behind.of('192.0.2.7', () => '198.51.100.1')).to.equal('192.0.2.7');
  });

  it('is whom trusted proxies were asked by, read from the right', () => {
    const of = (header: string): string | undefined => behind.of('10.1.2.3', () => header);
    expect(of('198.51.100.1')).to.equal('198.51.100.1');
    expect(of('1.1.1.1, 198.51.100.1, 10.0.0.9')).to.equal('198.51.100.1');
    expect(of('198.51.100.1, fd00::1')).to.equal('198.51.100.1');
    expect(of('10.0.0.1, 10.0.0.2')).to.equal('10.0.0.1');
    expect(behind.of('fd00::1', () => '198.51.100.1')).to.equal('198.51.100.1');
  });

  it('is the last that is known where the header can’t be read', () => {
    expect(behind.of('10.1.2.3', none)).to.equal('10.1.2.3');
    for (const header of ['', 'nonsense', '198.51.100.1, nonsense', '198.51.100.1:80']) {
      expect(
        behind.of('10.1.2.3', () => header),
        header,
      ).to.equal('10.1.2.3');
    }
    expect(behind.of('10.1.2.3', () => 'x, 10.0.0.9')).to.equal('10.0.0.9');
  });

  it('is found in the same way for the ten thousandth address', () => {
    for (let n = 0; n < 10_000; n++) users.of(`192.0.${n >> 8}.${n & 255}`, none);
    expect(users.of('192.0.2.7', none)).to.equal('192.0.2.7');
  });
});
