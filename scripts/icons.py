"""The installed app's icons, drawn from icon.svg: `.venv/bin/python scripts/icons.py`. Needs Debian's Chromium."""

from pathlib import Path

from playwright.sync_api import sync_playwright

WEB = Path(__file__).resolve().parent.parent / "linli" / "web" / "static" / "web"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# A maskable icon's picture stays within the inner 80 %: any shape may be cut from it (W3C manifest, "icon masks").
SAFE = 0.8
ICONS = {"180": (180, True), "192": (192, False), "512": (512, False), "maskable-512": (512, True)}


def main() -> None:
    drawing = (WEB / "icon.svg").read_text()
    ground = drawing.split('fill="')[1].split('"')[0]
    (WEB / "icons").mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, (size, filled) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            inner = round(size * SAFE) if filled else size
            style = f"margin:0;display:grid;place-items:center;height:100vh;background:{ground if filled else 'none'}"
            svg = drawing.replace("<svg ", f'<svg width="{inner}" height="{inner}" ', 1)
            page.set_content(f'<body style="{style}">{svg}</body>')
            page.screenshot(path=WEB / "icons" / f"{name}.png", omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
