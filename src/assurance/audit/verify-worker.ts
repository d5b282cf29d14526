/** A thread of `verify-bundles.ts`: one range in, one result out. */
import { parentPort, workerData } from 'node:worker_threads';
import { type BundleRange, checkBundles } from './verify-bundles.ts';

parentPort?.postMessage(await checkBundles(workerData as BundleRange)); // `as`: given by inThread()
