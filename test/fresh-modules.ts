/** What every test file in Node starts on: modules that nobody has touched, and real time. The files of one process share both. */
import { vi } from "vitest";

vi.useRealTimers();
vi.resetModules();
