/** A button that copies the command beside it; only where the browser lets it. */
export function offerCopy(button: HTMLButtonElement): void {
  if (!navigator.clipboard) return;
  const code = button.parentElement?.querySelector('code');
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(code?.textContent ?? '').then(
      () => {
        button.textContent = 'Copied';
      },
      () => {
        button.textContent = 'Not allowed';
      },
    );
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2_000);
  });
}
