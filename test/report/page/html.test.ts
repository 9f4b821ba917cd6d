import { dataBlock, Html, html } from '../../../src/report/page/html';
import { HOSTILE } from './run-fixture';

test('every part is escaped, in content and in attributes', () => {
  const page = html`<p title="${`"><b`}">${`a & b < c > "d" 'e'`}</p>`;
  expect(page.text).toBe('<p title="&quot;&gt;&lt;b">a &amp; b &lt; c &gt; &quot;d&quot; &#39;e&#39;</p>');
});

test('markup of the templates themselves stays, lists are joined, what is not there is left out', () => {
  const items = ['<1>', 2].map((item) => html`<li>${item}</li>`);
  expect(html`<ul>${items}${undefined}${null}${new Html('<hr>')}</ul>`.text).toBe(
    '<ul><li>&lt;1&gt;</li><li>2</li><hr></ul>',
  );
});

test('an object that only looks like markup is refused or escaped, never trusted', () => {
  const lookalike = JSON.parse('{"text":"<script>"}');
  expect(() => html`${lookalike}`).toThrow();
});

test('no text in a data block ends the script element, and the data come back', () => {
  const { text } = dataBlock('charts', { name: HOSTILE });
  expect(text.match(/<\/script/g)).toHaveLength(1);
  expect(text).not.toContain('<!--');
  const json = text.replace(/^<[^>]*>/, '').replace(/<\/script>$/, '');
  expect(JSON.parse(json)).toEqual({ name: HOSTILE });
});
