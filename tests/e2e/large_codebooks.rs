//! Files whose tables would need gigabytes of memory (an Ogg Vorbis file of 1 kB, a CAF file of 24 MB) are refused, and the
//! program continues.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_tests::music::{tune, write_wav};
use baton_tests::{Output, Workspace};

/// A bit writer that fills each byte from its lowest bit (Vorbis I, section 2).
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for bit in 0..count {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= u8::from((value >> bit) & 1 == 1) << (self.count % 8);
            }
            self.count += 1;
        }
    }
}

/// A setup header with this number of codebooks, each of 131,072 entries. The rest of the header is missing, because no
/// decoder gets that far.
fn setup(books: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(books - 1, 8);
    for _ in 0..books {
        bits.put(0x56_4342, 24);
        // The number of dimensions and of entries. The entries are sorted by length, all have length 17, and have no
        // vectors.
        for (value, count) in [(4, 16), (131_072, 24), (1, 1), (16, 5), (131_072, 18), (0, 4)] {
            bits.put(value, count);
        }
    }
    [b"\x05vorbis", bits.bytes.as_slice()].concat()
}

/// A page of an Ogg stream (RFC 3533, section 6) with whole packets.
fn page(flags: u8, granule: u64, number: u8, packets: &[&[u8]]) -> Vec<u8> {
    let mut lengths = Vec::new();
    for packet in packets {
        lengths.extend(std::iter::repeat_n(255, packet.len() / 255));
        lengths.extend(u8::try_from(packet.len() % 255));
    }
    let mut page = [b"OggS\0".as_slice(), &[flags], &granule.to_le_bytes(), &1_u32.to_le_bytes()].concat();
    page.extend([number, 0, 0, 0, 0, 0, 0, 0]);
    page.extend(u8::try_from(lengths.len()));
    page.extend(lengths);
    page.extend(packets.concat());
    let sum = page.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| (sum << 1) ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 })
    });
    page.splice(22..26, sum.to_le_bytes());
    page
}

/// Writes two seconds of a stream whose decoder would need 136 MB for each of 64 codebooks.
fn bomb(file: &Path) {
    let mut first = b"\x01vorbis".to_vec();
    for number in [0_u32.to_le_bytes().as_slice(), &[2], &44_100_u32.to_le_bytes(), &[0; 12], &[0xb8, 1]] {
        first.extend(number);
    }
    let comments = b"\x03vorbis\x01\0\0\0x\0\0\0\0\x01";
    let pages = [
        page(2, 0, 0, &[&first]),
        page(0, 0, 1, &[comments, &setup(64)]),
        page(4, 88_200, 2, &[&[0; 40], &[0; 40], &[0; 40]]),
    ];
    fs::write(file, pages.concat()).unwrap();
}

/// Writes `before` and a CAF file of 24 MB with a table of 24 million packets. The demuxer needs 32 bytes of memory for each.
fn caf_bomb(file: &Path, before: &[u8]) {
    const PACKETS: u32 = 24_000_000;
    let mut bytes =
        [before, b"caff\0\x01\0\0desc", &32_i64.to_be_bytes(), &44_100.0_f64.to_be_bytes(), b"alac"].concat();
    // Packets of variable size with 4096 frames each, and two channels.
    for number in [0_u32, 0, 4096, 2, 16] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend(b"pakt");
    bytes.extend((24 + i64::from(PACKETS)).to_be_bytes());
    bytes.extend(i64::from(PACKETS).to_be_bytes());
    bytes.extend((i64::from(PACKETS) * 4096).to_be_bytes());
    bytes.extend([0; 8]);
    bytes.resize(bytes.len() + PACKETS as usize, 1);
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_table_of_packets_that_needs_gigabytes_is_not_read() {
    let place = Workspace::empty();
    let file = place.outside().join("t.caf");
    // The format is recognised even behind unknown bytes.
    for before in [b"".as_slice(), &[0; 1000]] {
        caf_bomb(&file, before);
        let mut shell = place.command_of("sh");
        shell.args(["-c", "ulimit -d 400000 && exec \"$@\"", "sh"]).arg(place.command().get_program());
        let run = Output::of(shell.arg("fingerprint").arg(&file)).ended(2);
        assert!(run.stderr.contains("(corrupt)") || run.stderr.contains("(unsupported)"), "{}", run.stderr);
    }
}

/// `baton` with a memory limit of 1 GB, so that too much memory use ends only this process.
fn limited(workspace: &Workspace) -> Command {
    let mut shell = workspace.command_of("sh");
    shell.args(["-c", "ulimit -d 1000000 && exec \"$@\"", "sh"]).arg(workspace.command().get_program());
    shell
}

fn bombed(workspace: &Workspace) -> PathBuf {
    let folder = workspace.outside().canonicalize().unwrap().join("music");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("t.ogg");
    bomb(&file);
    assert!(fs::metadata(&file).unwrap().len() < 2000);
    folder
}

#[test]
fn a_small_file_that_needs_gigabytes_has_no_fingerprint() {
    let place = Workspace::empty();
    let file = bombed(&place).join("t.ogg");
    let run = Output::of(limited(&place).arg("fingerprint").arg(&file)).ended(2);
    assert!(run.stderr.contains("codebooks request more than 32 MiB of memory"), "{}", run.stderr);
    assert!(run.stderr.trim_end().ends_with("(corrupt)"), "{}", run.stderr);
}

#[test]
fn a_scan_continues_after_such_a_file() {
    let workspace = Workspace::init();
    let folder = bombed(&workspace);
    write_wav(&folder.join("z.wav"), &tune(1, 4));
    let mut scan = limited(&workspace);
    scan.arg("-w").arg(workspace.root()).args(["library", "scan", "--json"]).arg(&folder);
    let read = Output::of(&mut scan).ended(1).json()["read"].clone();
    assert_eq!(read["failed"]["corrupt"], 1, "{read}");
    assert_eq!(read["fingerprinted"], 1, "{read}");
}

#[test]
fn a_daemon_reports_the_file_and_continues() {
    let workspace = Workspace::with_noop();
    let folder = bombed(&workspace);
    let config = workspace.read("baton.toml") + &format!("\n[[audio]]\nfolder = {:?}\n", folder.to_str().unwrap());
    workspace.write("baton.toml", config);
    let mut up = limited(&workspace);
    let daemon = workspace.up_by(up.arg("-w").arg(workspace.root()).arg("up"));
    workspace
        .wait_for("a task that reports the file", |workspace| (!workspace.tasks_of("baton").is_empty()).then_some(()));
    assert!(daemon.stop().code().is_some(), "a signal ended it");
}
