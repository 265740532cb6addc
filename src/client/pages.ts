/** All items of all pages, each page when it is needed. */
export async function* pagesOf<T>(
  next: (
    pageToken: string,
  ) => Promise<{ readonly items: readonly T[]; readonly nextPageToken: string }>,
): AsyncGenerator<T, void, undefined> {
  let pageToken = '';
  do {
    const page = await next(pageToken);
    yield* page.items;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}
