import { expect } from 'chai';
import { pagesOf } from '../../../src/client/pages.js';

describe('the items of all pages', () => {
  it('go on over pages that are empty', async () => {
    const pages = new Map([
      ['', { items: [], nextPageToken: 'a' }],
      ['a', { items: [1, 2], nextPageToken: 'b' }],
      ['b', { items: [], nextPageToken: 'c' }],
      ['c', { items: [3], nextPageToken: '' }],
    ]);
    const found: number[] = [];
    const next = (token: string) => {
      const page = pages.get(token);
      return page === undefined ? Promise.reject(new Error(token)) : Promise.resolve(page);
    };
    for await (const item of pagesOf<number>(next)) found.push(item);
    expect(found).to.deep.equal([1, 2, 3]);
  });
});
