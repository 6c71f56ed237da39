/** @file Models kept by a browser: database `saddlepoint`, store `models`, one record of bytes a key. */
import { SaddlepointError } from '../core/errors.ts';

const DATABASE = 'saddlepoint';
const STORE = 'models';

export async function writeRecord(key: string, bytes: Uint8Array): Promise<void> {
  await inStore('save', key, 'readwrite', (store) => {
    // A view would be stored with all of the buffer behind it.
    return store.put(bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice(), key);
  });
}

export async function readRecord(key: string): Promise<Uint8Array> {
  const record: unknown = await inStore('load', key, 'readonly', (store) => store.get(key));
  if (record instanceof Uint8Array) return record;
  throw new SaddlepointError(
    'file',
    record === undefined
      ? `no model is saved under '${key}' in this browser`
      : `what is saved under '${key}' is no model`,
    'check the key; for a file on a server pass new URL(…), for one of the user a File',
  );
}

async function inStore<T>(
  action: string,
  key: string,
  mode: IDBTransactionMode,
  request: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  if (typeof indexedDB === 'undefined') {
    throw new SaddlepointError(
      'file',
      `could not ${action} '${key}': there is no IndexedDB here`,
      'give a path in Node, a stream or bytes elsewhere',
    );
  }
  let database: IDBDatabase | undefined;
  try {
    database = await open();
    const transaction = database.transaction(STORE, mode);
    const sent = request(transaction.objectStore(STORE));
    await new Promise<void>((resolve, reject) => {
      // Done is when the transaction is: a full disk shows only then.
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? sent.error);
    });
    return sent.result;
  } catch (cause) {
    const { name, message } = cause as DOMException;
    const full = name === 'QuotaExceededError';
    throw new SaddlepointError(
      'file',
      `could not ${action} '${key}' in IndexedDB: ${name}: ${message}`,
      full ? 'the browser gives this page no more room: delete old models, or save to a file handle' : undefined,
      { cause },
    );
  } finally {
    database?.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new DOMException('another tab holds an older version open', 'BlockedError'));
  });
}
