import { createHash } from 'node:crypto';

/** A style or script by its content, as the content security policy of its page names it: `sha256-…`. */
export function sourceHash(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}
