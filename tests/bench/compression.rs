//! `cargo xtask bench compression`: our codecs compared with stock Godot's, on the traffic of a game.
//!
//! Each codec compresses and decompresses the datagrams of a [`Traffic`], as a host does: a datagram
//! that does not become smaller is sent uncompressed. Stock's range coder is the C library's
//! (tests/c/codecs.c). Its other codecs are those of a headless Godot (compression/stock.gd), which
//! initialises them for every datagram as its ENet does. All codecs run in turn, several times, and the
//! tables show the lower quartile of each, because other load on the machine mostly adds to the times.
//! Times are CPU times.
//!
//! LZ4 and the dictionary have no counterpart. They are compared with stock's FastLZ and zstd, which
//! they are meant to replace. The dictionary is trained on another game's datagrams of all kinds.

#[path = "compression/goals.rs"]
mod goals;
#[path = "compression/plot.rs"]
mod plot;
#[path = "compression/stock.rs"]
mod stock;
#[path = "compression/subject.rs"]
mod subject;
#[path = "compression/table.rs"]
mod table;

use enet_codec::Compression;
use enet_codec::{Dictionary, train_dictionary};
use sim::{Kind, Traffic};

use stock::{Program, Stock, Task};
use subject::{Figures, Ours, Packed};

const ROUNDS: usize = 15;
const SEED: u64 = 2026;
/// The seed of the traffic that the dictionary is trained on.
const DICTIONARY_SEED: u64 = 7;
const DICTIONARY_SIZE: usize = 16 * 1024;
const SAMPLES: usize = 5000;
const DATAGRAMS: usize = 1000;

/// A compression mode, and the codec of stock that it is compared with.
struct Mode {
    name: &'static str,
    compression: Compression,
    program: Program,
    /// The number of the mode in ENetConnection.
    number: usize,
}

impl Mode {
    /// The name of stock's codec that the mode is compared with, if it is another codec.
    fn counterpart(&self) -> Option<&'static str> {
        match self.compression {
            Compression::Lz4 => Some("FastLZ"),
            Compression::ZstdDict(_) => Some("zstd"),
            _ => None,
        }
    }
}

/// The datagrams of one kind, or of all kinds.
struct Set {
    name: String,
    datagrams: Vec<Vec<u8>>,
}

/// The figures of one mode on one set.
struct Row {
    ours: Figures,
    stock: Figures,
    /// Whether both produced the same bytes, if that can be compared.
    is_identical: Option<bool>,
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let mut words = words.iter().skip(1).filter(|word| *word != "--bench");
    let (mut only, mut picture) = (None, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--plot" => picture = Some(words.next().expect("--plot FILE")),
            _ => only = Some(word.as_str()),
        }
    }
    let modes = modes(only.unwrap_or_default());
    let sets = sets();
    let mut stock = Stock::start(&sets);
    let mut rows: Vec<Vec<Row>> = Vec::new();
    for (number, set) in sets.iter().enumerate() {
        table::head(set);
        rows.push(measure(&modes, set, number, &mut stock));
        for (mode, row) in modes.iter().zip(&rows[number]) {
            table::row(mode, row);
        }
    }
    goals::print(&modes, &sets, &rows);
    if let Some(picture) = picture {
        plot::draw(picture.as_ref(), &modes, &sets, &rows).expect("the picture is written");
    }
}

/// The items whose name contains the text.
fn modes(only: &str) -> Vec<Mode> {
    let mut traffic = Traffic::new(DICTIONARY_SEED);
    let samples: Vec<_> = (0..SAMPLES).map(|_| traffic.datagram()).collect();
    let trained = train_dictionary(&samples, DICTIONARY_SIZE).expect("enough samples");
    let dictionary = Dictionary::new(&trained).expect("a dictionary");
    let mode = |name, compression, program, number| Mode {
        name,
        compression,
        program,
        number,
    };
    let mut modes = vec![
        mode("range coder", Compression::RangeCoder, Program::C, 1),
        mode("FastLZ", Compression::FastLz, Program::Godot, 2),
        mode("zlib", Compression::Zlib, Program::Godot, 3),
        mode("zstd", Compression::Zstd, Program::Godot, 4),
        mode("LZ4", Compression::Lz4, Program::Godot, 2),
        mode(
            "zstd, dictionary",
            Compression::ZstdDict(dictionary),
            Program::Godot,
            4,
        ),
    ];
    modes.retain(|mode| mode.name.contains(only));
    modes
}

fn sets() -> Vec<Set> {
    let mut traffic = Traffic::new(SEED);
    let mut set = |name: String, next: &mut dyn FnMut(&mut Traffic) -> Vec<u8>| Set {
        name,
        datagrams: (0..DATAGRAMS).map(|_| next(&mut traffic)).collect(),
    };
    let mut sets = vec![set("all kinds".to_owned(), &mut Traffic::datagram)];
    for kind in Kind::ALL {
        let name = format!("{kind:?} only").to_lowercase();
        sets.push(set(name, &mut |traffic| traffic.datagram_of(kind)));
    }
    sets
}

/// Measures all modes in turn on one set.
fn measure(modes: &[Mode], set: &Set, number: usize, stock: &mut Stock) -> Vec<Row> {
    let mut ours: Vec<Ours<'_>> = Vec::new();
    let mut packed: Vec<[Packed; 2]> = Vec::new();
    for mode in modes {
        let mut subject = Ours::new(mode, set);
        packed.push([subject.prepare(), stock.prepare(mode, number)]);
        ours.push(subject);
    }
    let mut times = vec![[const { Vec::new() }; 6]; modes.len()];
    for _ in 0..ROUNDS {
        for ((mode, subject), times) in modes.iter().zip(&mut ours).zip(&mut times) {
            let seen = [
                subject.pack(),
                stock.time(mode, number, Task::Pack),
                stock.time(mode, number, Task::Plain),
                subject.unpack(),
                stock.time(mode, number, Task::Unpack),
                stock.time(mode, number, Task::PlainUnpack),
            ];
            for (times, time) in times.iter_mut().zip(seen) {
                times.push(time);
            }
        }
    }
    let plain: usize = set.datagrams.iter().map(Vec::len).sum();
    let rows = packed.iter().zip(times).map(|([ours, stock], times)| {
        let [
            our_pack,
            stock_pack,
            plain_pack,
            our_unpack,
            stock_unpack,
            plain_unpack,
        ] = times.map(|times| lower_quartile(times) / DATAGRAMS as f64);
        let figures = |packed: &Packed, pack, unpack| Figures {
            share: packed.bytes as f64 / plain as f64,
            pack,
            unpack,
        };
        Row {
            ours: figures(ours, our_pack, our_unpack),
            stock: figures(
                stock,
                (stock_pack - plain_pack).max(0.0),
                (stock_unpack - plain_unpack).max(0.0),
            ),
            is_identical: stock.hash.map(|hash| Some(hash) == ours.hash),
        }
    });
    rows.collect()
}

fn lower_quartile(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 4]
}
