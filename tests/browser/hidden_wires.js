// The wires of which a part runs behind a card, by their ids.
() => {
    const cards = ".react-flow__node-step .pf-card:not(.pf-container)";
    const boxes = [...document.querySelectorAll(cards)].map((one) => one.getBoundingClientRect());
    const inside = (x, y, box) => x > box.left && x < box.right && y > box.top && y < box.bottom;
    const isHidden = (path) => {
        const whole = path.getTotalLength();
        for (let at = 0.04; at < 0.96; at += 0.02) {
            const { x, y } = path.getPointAtLength(at * whole).matrixTransform(path.getScreenCTM());
            if (boxes.some((box) => inside(x, y, box))) return true;
        }
        return false;
    };
    const paths = document.querySelectorAll(".react-flow__edge-wire .react-flow__edge-path");
    return [...paths].filter(isHidden).map((path) => path.closest("[data-id]").dataset.id);
}
