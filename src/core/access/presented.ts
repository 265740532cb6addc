/** What a request brings to say who sends it. */
export interface Presented {
  /** The values of all its Authorization headers. */
  readonly authorization: readonly string[];
  /** Of its connection, if that showed one; `untrusted`: none of our authorities has signed it. */
  readonly certificate: PresentedCertificate | 'untrusted' | undefined;
  readonly isUnix: boolean;
}

export interface PresentedCertificate {
  /** As Node writes it; undefined: it has none. */
  readonly subjectAltName: string | undefined;
  /** As Node writes it: `Nov 28 01:00:00 2026 GMT`. */
  readonly validTo: string;
}
