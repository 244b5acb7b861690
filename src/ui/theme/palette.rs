//! Colour palettes: a colour per role, quantized to what the terminal can show.

use ratatui::style::Color;

/// A colour for each role; `Reset` is the terminal's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    pub(super) text: Color,
    pub(super) background: Color,
    pub(super) dim: Color,
    pub(super) accent: Color,
    pub(super) failing: Color,
    pub(super) warning: Color,
    pub(super) good: Color,
}

/// Colour depth of a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorDepth {
    #[default]
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// 24 bits.
    True,
}

const fn rgb(hex: u32) -> Color {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color::Rgb(red, green, blue)
}

/// The terminal's own sixteen colours, for dark and light backgrounds.
pub(super) const SIXTEEN: Palette = Palette {
    text: Color::Reset,
    background: Color::Reset,
    dim: Color::DarkGray,
    accent: Color::Cyan,
    failing: Color::Red,
    warning: Color::Yellow,
    good: Color::Green,
};

pub(super) const DARK: Palette = Palette {
    text: Color::Reset,
    background: Color::Reset,
    dim: rgb(0x009a_a1ad),
    accent: rgb(0x006c_c7e8),
    failing: rgb(0x00ff_7b72),
    warning: rgb(0x00f2_c55c),
    good: rgb(0x007b_d88f),
};

pub(super) const LIGHT: Palette = Palette {
    text: Color::Reset,
    background: Color::Reset,
    dim: rgb(0x005c_6370),
    accent: rgb(0x0000_5f87),
    failing: rgb(0x00b3_001b),
    warning: rgb(0x007a_4f00),
    good: rgb(0x0017_692a),
};

/// High contrast, with its own background so that the contrast is known.
pub(super) const HIGH_CONTRAST: Palette = Palette {
    text: rgb(0x00ff_ffff),
    background: rgb(0x0000_0000),
    dim: rgb(0x00d0_d0d0),
    accent: rgb(0x0000_ffff),
    failing: rgb(0x00ff_8a8a),
    warning: rgb(0x00ff_ff00),
    good: rgb(0x0040_ff40),
};

/// Orange, yellow and blue, after Okabe and Ito (<https://jfly.uni-koeln.de/color/>), lighter for a dark background.
pub(super) const COLOUR_BLIND_DARK: Palette = Palette {
    text: Color::Reset,
    background: Color::Reset,
    dim: rgb(0x009a_a1ad),
    accent: rgb(0x00e0_a0c8),
    failing: rgb(0x00ff_8c33),
    warning: rgb(0x00f5_ee8a),
    good: rgb(0x0056_b4e9),
};

pub(super) const COLOUR_BLIND_LIGHT: Palette = Palette {
    text: Color::Reset,
    background: Color::Reset,
    dim: rgb(0x005c_6370),
    accent: rgb(0x0084_355f),
    failing: rgb(0x007a_0010),
    warning: rgb(0x007d_6700),
    good: rgb(0x0000_4f9e),
};

impl Palette {
    /// Returns the nearest colours that the terminal can show.
    pub(super) fn quantize(self, depth: ColorDepth) -> Self {
        let bring = |colour| match (colour, depth) {
            (Color::Rgb(..), ColorDepth::Sixteen) => nearest(colour, 0..=15),
            // The first sixteen are whatever the user has made of them.
            (Color::Rgb(..), ColorDepth::Indexed) => nearest(colour, 16..=255),
            (other, _) => other,
        };
        Self {
            text: bring(self.text),
            background: bring(self.background),
            dim: bring(self.dim),
            accent: bring(self.accent),
            failing: bring(self.failing),
            warning: bring(self.warning),
            good: bring(self.good),
        }
    }

    pub const ROLES: [&'static str; 7] = [
        "text",
        "background",
        "dim",
        "accent",
        "failing",
        "warning",
        "good",
    ];

    /// The colour of a role, mutable; `None` without such a role.
    pub(super) fn role(&mut self, name: &str) -> Option<&mut Color> {
        Some(match name {
            "text" => &mut self.text,
            "background" => &mut self.background,
            "dim" => &mut self.dim,
            "accent" => &mut self.accent,
            "failing" => &mut self.failing,
            "warning" => &mut self.warning,
            "good" => &mut self.good,
            _ => return None,
        })
    }
}

fn nearest(colour: Color, among: std::ops::RangeInclusive<u8>) -> Color {
    let wanted = channels(colour);
    let distance = |index: &u8| {
        let pairs = xterm(*index).into_iter().zip(wanted);
        pairs
            .map(|(a, b)| (i32::from(a) - i32::from(b)).pow(2))
            .sum::<i32>()
    };
    among.min_by_key(distance).map_or(colour, Color::Indexed)
}

fn channels(colour: Color) -> [u8; 3] {
    match colour {
        Color::Rgb(red, green, blue) => [red, green, blue],
        _ => [0; 3],
    }
}

/// xterm's colours: its defaults of the first sixteen, a cube of 6×6×6, a ramp of 24 greys.
fn xterm(index: u8) -> [u8; 3] {
    const BASE: [[u8; 3]; 16] = [
        [0, 0, 0],
        [205, 0, 0],
        [0, 205, 0],
        [205, 205, 0],
        [0, 0, 238],
        [205, 0, 205],
        [0, 205, 205],
        [229, 229, 229],
        [127, 127, 127],
        [255, 0, 0],
        [0, 255, 0],
        [255, 255, 0],
        [92, 92, 255],
        [255, 0, 255],
        [0, 255, 255],
        [255, 255, 255],
    ];
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match index {
        232.. => [8 + 10 * (index - 232); 3],
        16.. => {
            let cube = index - 16;
            [level(cube / 36), level(cube / 6 % 6), level(cube % 6)]
        }
        base => BASE.get(usize::from(base)).copied().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUNDS_DARK: [Color; 3] = [rgb(0), rgb(0x001e_1e1e), rgb(0x0028_2c34)];
    const GROUNDS_LIGHT: [Color; 3] = [rgb(0x00ff_ffff), rgb(0x00fd_f6e3), rgb(0x00ee_eeee)];

    /// How far a channel is on, as light.
    fn linear(channel: u8) -> f64 {
        let part = f64::from(channel) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    }

    /// The relative luminance of WCAG 2.
    fn luminance(colour: Color) -> f64 {
        let [red, green, blue] = channels(colour).map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        if a > b { a / b } else { b / a }
    }

    fn spoken(ink: &Palette) -> [Color; 5] {
        [ink.dim, ink.accent, ink.failing, ink.warning, ink.good]
    }

    #[test]
    fn every_role_is_readable_on_the_grounds_of_its_theme() {
        for (name, ink, grounds, least) in [
            ("dark", DARK, &GROUNDS_DARK[..], 4.5),
            ("light", LIGHT, &GROUNDS_LIGHT, 4.5),
            ("colour-blind dark", COLOUR_BLIND_DARK, &GROUNDS_DARK, 4.5),
            (
                "colour-blind light",
                COLOUR_BLIND_LIGHT,
                &GROUNDS_LIGHT,
                4.5,
            ),
            (
                "high contrast",
                HIGH_CONTRAST,
                &[HIGH_CONTRAST.background],
                7.0,
            ),
        ] {
            for colour in spoken(&ink) {
                for ground in grounds {
                    let ratio = contrast(colour, *ground);
                    assert!(ratio >= least, "{name}: {colour} on {ground}: {ratio:.2}");
                }
            }
        }
        let ink = HIGH_CONTRAST;
        assert!(contrast(ink.text, ink.background) > 20.0);
    }

    /// As somebody without red (first) or without green (second) cones sees it: Machado, Oliveira and
    /// Fernandes 2009, severity 1.
    const DEFICIENT: [[[f64; 3]; 3]; 2] = [
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ];

    fn lab(colour: Color, sight: &[[f64; 3]; 3]) -> [f64; 3] {
        let light = channels(colour).map(linear);
        let [red, green, blue] = sight.map(|row| {
            let sum: f64 = row.iter().zip(light).map(|(a, b)| a * b).sum();
            sum.clamp(0.0, 1.0)
        });
        let curve = |t: f64| {
            if t > 0.008_856 {
                t.cbrt()
            } else {
                7.787 * t + 16.0 / 116.0
            }
        };
        let x = curve((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.950_47);
        let y = curve(0.2126 * red + 0.7152 * green + 0.0722 * blue);
        let z = curve((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.088_83);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn failing_warning_and_good_differ_for_the_colour_blind() {
        for ink in [COLOUR_BLIND_DARK, COLOUR_BLIND_LIGHT] {
            for (a, b) in [
                (ink.failing, ink.good),
                (ink.failing, ink.warning),
                (ink.warning, ink.good),
            ] {
                for sight in &DEFICIENT {
                    let pairs = lab(a, sight).into_iter().zip(lab(b, sight));
                    let apart = pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    assert!(apart > 20.0, "{a} and {b}: {apart:.0}");
                }
            }
        }
    }

    #[test]
    fn colours_come_as_near_as_the_terminal_can() {
        assert_eq!(xterm(16), [0, 0, 0]);
        assert_eq!(xterm(231), [255, 255, 255]);
        assert_eq!(xterm(255), [238, 238, 238]);
        assert_eq!(HIGH_CONTRAST.quantize(ColorDepth::True), HIGH_CONTRAST);
        let indexed = HIGH_CONTRAST.quantize(ColorDepth::Indexed);
        assert_eq!(indexed.accent, Color::Indexed(51));
        assert_eq!(
            HIGH_CONTRAST.quantize(ColorDepth::Sixteen).warning,
            Color::Indexed(11)
        );
        assert_eq!(SIXTEEN.quantize(ColorDepth::Indexed), SIXTEEN);
    }

    #[test]
    fn every_role_can_be_changed_by_name() {
        let mut ink = SIXTEEN;
        for role in Palette::ROLES {
            *ink.role(role).unwrap() = Color::Magenta;
        }
        assert_eq!(spoken(&ink), [Color::Magenta; 5]);
        assert_eq!((ink.text, ink.background), (Color::Magenta, Color::Magenta));
        assert_eq!(ink.role("border"), None);
    }
}
