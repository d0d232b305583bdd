//! A folder that does not respond delays neither the scans of other folders nor the daemon's exit. The tests of the library
//! cover the scan itself.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use baton_sandbox::Cancel;

use super::*;
use crate::Context;

const TIMEOUT: Duration = Duration::from_millis(50);

/// A context with a scanner. In the folder `/hangs` it waits until the channel gets a message; in other folders it finds
/// nothing new. The array counts the scans of `/hangs` and the scans of other folders.
fn with_scanner(root: &Path) -> (Arc<Context>, mpsc::Sender<()>, Arc<[AtomicU64; 2]>) {
    let mut context = Context::in_folder(root);
    let (sender, receiver) = mpsc::channel::<()>();
    let (receiver, asked) = (Mutex::new(receiver), Arc::new([AtomicU64::new(0), AtomicU64::new(0)]));
    let counted = Arc::clone(&asked);
    let scan = move |folder: &Path, _: &BTreeMap<String, String>, _: &AtomicBool| {
        let hangs = folder.ends_with("hangs");
        counted[usize::from(!hangs)].fetch_add(1, Ordering::Relaxed);
        if hangs {
            let _ = receiver.lock().unwrap().recv();
        }
        Ok(NewAudioBatch::default())
    };
    let inner = Arc::get_mut(&mut context).unwrap();
    inner.scan_queue = AudioScanQueue::new(ScanTimeouts { batch: TIMEOUT, exit: TIMEOUT });
    inner.scanner = Some(AudioScanner { folders: Vec::new(), scan: Arc::new(scan) });
    (context, sender, asked)
}

fn trigger(folder: &str) -> AudioTrigger {
    AudioTrigger { folder: WatchedFolder { named: folder.into(), real: folder.into() } }
}

#[tokio::test]
async fn the_exit_does_not_wait_for_a_folder_that_does_not_respond() {
    let root = tempfile::tempdir().unwrap();
    let (context, answer, _) = with_scanner(root.path());
    let closing = Cancel::default();
    let end = async {
        tokio::time::sleep(TIMEOUT / 2).await;
        closing.cancel();
    };
    let (fired, ()) = tokio::join!(fire(&context, trigger("/hangs"), &closing), end);
    assert!(fired.unwrap().audio.is_none());
    // The check ended before the folder responded. Dropping the sender ends the thread, which would otherwise wait forever.
    drop(answer);
}

#[tokio::test]
async fn a_folder_that_does_not_respond_is_scanned_once_and_delays_no_other_folder() {
    let root = tempfile::tempdir().unwrap();
    let (context, answer, asked) = with_scanner(root.path());
    let closing = Cancel::default();
    let first = tokio::spawn({
        let (context, closing) = (Arc::clone(&context), closing.clone());
        async move { fire(&context, trigger("/hangs"), &closing).await.map(|_| ()) }
    });
    while asked[0].load(Ordering::Relaxed) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    fire(&context, trigger("/other"), &closing).await.unwrap();
    fire(&context, trigger("/hangs"), &closing).await.unwrap();
    assert_eq!([0, 1].map(|which| asked[which].load(Ordering::Relaxed)), [1, 1]);
    drop(answer);
    first.await.unwrap().unwrap();
    fire(&context, trigger("/hangs"), &closing).await.unwrap();
    assert_eq!(asked[0].load(Ordering::Relaxed), 2, "the folder is scanned again after its response");
}
