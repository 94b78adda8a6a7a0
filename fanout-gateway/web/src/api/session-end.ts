/** Called when any request is answered with 401 although the page believed that the user is signed in. */
let listener: () => void = () => {};

export function onSessionEnd(told: () => void): void {
  listener = told;
}

export function sessionHasEnded(): void {
  listener();
}
