// How strong a password is against somebody who has the file. It guesses low on purpose: what
// is repeated, in a row, typed in the form above or well known hardly counts. It cannot know
// phrases, so it calls nothing safe. Nothing leaves this page.

const known = "password passwort contraseña secret qwerty qwertz asdf letmein welcome dragon monkey football iloveyou admin habeas login master sunshine princess hola bienvenido".split(" ");
const classes = [[/[a-z]/, 26], [/[A-Z]/, 26], [/[0-9]/, 10], [/[ -/:-@[-`{-~]/, 33], [/[^ -~]/, 100]];

/** Bits of guessing work, at most. said is what the same person typed elsewhere. */
export function bits(password, said = []) {
  let rest = password.normalize("NFC"), parts = 0;
  for (const word of [...said.flatMap((s) => s.split(/[\s@.]+/)), ...known]) {
    if (word.length < 3) continue;
    const pieces = rest.split(new RegExp(word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "giu"));
    parts += pieces.length - 1;
    rest = pieces.join("");
  }
  rest = rest.replace(/(19|20)\d\d/g, () => { parts += 2; return ""; });
  const letters = [...rest];
  let length = 0;
  letters.forEach((c, i) => {
    const step = (j) => letters[j]?.codePointAt(0) - letters[j - 1]?.codePointAt(0);
    const dull = i > 0 && (step(i) === 0 || (Math.abs(step(i)) === 1 && step(i) === step(i - 1)));
    const seen = i >= 3 && rest.slice(0, i).includes(rest.slice(i - 1, i + 1));
    length += dull || seen ? 0.25 : 1;
  });
  const size = classes.reduce((n, [fits, more]) => n + (fits.test(rest) ? more : 0), 0);
  const random = length * Math.log2(Math.max(size, 2)) + 5 * parts;
  const words = password.trim().split(/[\s\-_.]+/).filter((w) => /^\p{L}{3,}$/u.test(w)).length;
  const digits = [...password].filter((c) => /\d/.test(c)).length;
  return words >= 3 ? Math.min(random, words * 11 + digits * 3.3 + 4) : random;
}

// Three million guesses a second: a hundred graphics cards at this file. A day, a year, a
// hundred years of them.
const steps = [38, 47, 53.5];

/** 0 (found within a day) to 3 (not within a hundred years). */
export const level = (password, said) => steps.filter((least) => bits(password, said) >= least).length;

/** One of a set, without favour. */
function pick(set) {
  for (;;) {
    const [n] = crypto.getRandomValues(new Uint8Array(1));
    if (n < 256 - (256 % set.length)) return set[n % set.length];
  }
}

/** A password of four groups of four random letters with digits between them: 81 bits. */
export function suggestion() {
  const group = () => Array.from({ length: 4 }, () => pick("abcdefghjkmnpqrstuvwxyz")).join("");
  return [group(), group(), group(), group()].reduce((all, next) => all + pick("23456789") + next);
}
