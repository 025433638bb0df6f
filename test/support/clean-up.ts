/** After every test file. */
import { removeTemporaryFolders } from './temporary.ts';

afterAll(removeTemporaryFolders);
