/** What nobody needs before they are signed in: one script, loaded with the first connection. Called by `app`. */
export { deckOf } from '../wire/deck';
export { heedAnswers } from './answers';
export { browserPresence } from './presence';
