import { type Html, html } from '../html';
import type { ModelFacts } from '../wire';
import { find } from './dom';

/** Makes images of a run's model: of latents by a seed, or of a picture that is given. Nothing is loaded before it is unfolded. */
export class MakePanel {
  readonly #id: string;
  readonly #body: HTMLElement;
  #facts: ModelFacts | undefined;
  #shown = '';

  constructor(root: HTMLElement, id: string) {
    this.#id = id;
    root.innerHTML =
      html`<section aria-label="Make images"><details><summary>Make images</summary><div class="body"></div></details></section>`.text;
    this.#body = find(root, '.body', HTMLElement);
    const details = find(root, 'details', HTMLDetailsElement);
    details.addEventListener('toggle', () => {
      if (details.open && !this.#facts) void this.#open();
    });
  }

  async #open(): Promise<void> {
    this.#body.innerHTML = html`<p class="hint" role="status">Loading the model …</p>`.text;
    try {
      const answer = await asked(`/runs/${this.#id}/model`);
      this.#facts = (await answer.json()) as ModelFacts;
      this.#body.innerHTML = controlsOf(this.#facts).text;
      const form = find(this.#body, 'form', HTMLFormElement);
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        void this.#make(form);
      });
      form.querySelector('.another')?.addEventListener('click', () => {
        const seed = find(form, '[name=seed]', HTMLInputElement);
        seed.value = String((Number(seed.value) || 0) + 1);
        void this.#make(form);
      });
    } catch (error) {
      this.#body.innerHTML = html`<p class="problem" role="alert">${problemOf(error)}</p>`.text;
    }
  }

  async #make(form: HTMLFormElement): Promise<void> {
    const output = find(this.#body, 'output', HTMLElement);
    const buttons = form.querySelectorAll('button');
    for (const button of buttons) button.disabled = true;
    try {
      const answer = await this.#ask(form);
      const picture = await answer.blob();
      URL.revokeObjectURL(this.#shown);
      this.#shown = URL.createObjectURL(picture);
      const step = Number(answer.headers.get('X-Step'));
      output.innerHTML =
        html`<p class="hint">Of the checkpoint at step ${step.toLocaleString('en-US')}. <a class="download" download="images.png" href="${this.#shown}">Keep the file</a></p><img class="plain" src="${this.#shown}" alt="Images that were made">`.text;
    } catch (error) {
      output.innerHTML = html`<p class="problem" role="alert">${problemOf(error)}</p>`.text;
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }

  #ask(form: HTMLFormElement): Promise<Response> {
    const query = new URLSearchParams();
    let body: File | undefined;
    for (const [name, value] of new FormData(form))
      if (typeof value !== 'string') body = value;
      else if (value !== '') query.set(name, value);
    const path = `/runs/${this.#id}/${this.#facts?.takes === 'images' ? 'apply' : 'images'}?${query}`;
    return asked(path, body === undefined ? {} : { method: 'POST', body });
  }
}

function controlsOf(facts: ModelFacts): Html {
  const { takes, weights, step } = facts;
  const fields = takes === 'latents' ? latentFields(facts) : imageFields(facts);
  return html`<p class="hint">The ${weights} weights at step ${step.toLocaleString('en-US')}; a newer checkpoint is taken when there is one.</p>
<form>${fields}<button type="submit">Make</button>${takes === 'latents' ? html`<button type="button" class="another">Another seed</button>` : ''}</form>
<output aria-live="polite"></output>`;
}

function latentFields({ classes, classNames }: ModelFacts): Html {
  const names = Array.from({ length: classes }, (_, at) => classNames[at] ?? String(at));
  const label = html`<label>Class<select name="label"><option value="">all</option>${names.map((name, at) => html`<option value="${at}">${name}</option>`)}</select></label>`;
  return html`<label>Images<input name="count" type="number" min="1" max="256" value="${classes > 0 ? '' : 16}"></label>
<label>Seed<input name="seed" type="number" min="0" value="1"></label>
${classes > 0 ? label : ''}
<label>Truncation<input name="truncation" type="number" min="0" step="any" placeholder="none"></label>`;
}

function imageFields({ directions }: ModelFacts): Html {
  const way = html`<label>Direction<select name="direction">${directions.map((name) => html`<option>${name}</option>`)}</select></label>`;
  return html`<label>Picture<input name="picture" type="file" accept="image/*" required></label>
${directions.length > 1 ? way : ''}
<label>Seed<input name="seed" type="number" min="0" value="0"></label>`;
}

/** An answer, or the line that says why there is none. */
async function asked(path: string, options: RequestInit = {}): Promise<Response> {
  const answer = await fetch(path, options);
  if (answer.ok) return answer;
  throw new Error((await answer.text()).trim() || `the server answered ${answer.status}`);
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
