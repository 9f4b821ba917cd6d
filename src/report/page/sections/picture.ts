import { type Html, html } from '../html';

/** A picture of a page: a data URL, or its address where the page has a server. */
interface ShownPicture {
  readonly width: number;
  readonly height: number;
  readonly source: string;
}

/** An image, enlarged by the greatest whole factor at which it is no wider than asked, so that its pixels stay squares. */
export function imageOf(picture: ShownPicture, { alt, width }: { alt: string; width: number }): Html {
  const factor = Math.max(1, Math.floor(width / picture.width));
  const kind = factor > 1 ? 'enlarged' : 'plain';
  return html`<img class="${kind}" src="${picture.source}" width="${picture.width * factor}" height="${picture.height * factor}" alt="${alt}">`;
}
