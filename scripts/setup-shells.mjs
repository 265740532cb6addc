// Sees to it that the tests of completion find the shells that it is for, and a terminal for them: on the PATH, or, on
// Debian and Ubuntu, installed from the distribution's packages. What is missing then, its tests name, and fail.
import { installPackages, onPath } from './packages.mjs';

/** By the packages that have them. */
const PROGRAMS = { bash: 'bash', zsh: 'zsh', fish: 'fish', bsdutils: 'script' };

function missing() {
  return Object.keys(PROGRAMS).filter((name) => onPath(PROGRAMS[name]) === undefined);
}

try {
  const wanted = missing();
  if (wanted.length > 0) {
    console.log(`shells: installing ${wanted.join(' and ')}`);
    if (!installPackages(wanted)) throw new Error(`install ${wanted.join(' and ')}`);
  }
  console.log(`shells: ${Object.values(PROGRAMS).map(onPath).join(', ')}`);
} catch (error) {
  console.error(`shells: ${error.message}; the tests of completion fail without them`);
}
