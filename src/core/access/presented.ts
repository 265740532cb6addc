/** What a request brings to say who sends it. */
export interface Presented {
  /** The values of all its Authorization headers. */
  readonly authorization: readonly string[];
  /** Of its connection, if that showed one that an authority of ours has signed. */
  readonly certificate: PresentedCertificate | undefined;
  readonly isUnix: boolean;
}

export interface PresentedCertificate {
  /** As Node writes it; undefined: it has none. */
  readonly subjectAltName: string | undefined;
  /** As Node writes it: `Nov 28 01:00:00 2026 GMT`. */
  readonly validTo: string;
}
