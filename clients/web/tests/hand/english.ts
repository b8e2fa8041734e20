/** Before each file of tests: the words are there, as they are on a page (see src/begin.ts). */
import { speakBattle } from '../../src/words/battle';
import { en } from '../../src/words/en';
import { enBattle } from '../../src/words/en-battle';
import { enInside } from '../../src/words/en-inside';
import { speakInside } from '../../src/words/inside';
import { speak } from '../../src/words/words';

speak(en);
speakInside(enInside);
speakBattle(enBattle);
