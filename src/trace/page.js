'use strict';
/* Zooms and reads out the diagrams of a page. Without it they are pictures. */
(function () {
  var SVG = 'http://www.w3.org/2000/svg';
  var STEPS = [1, 2, 5];
  var UNITS = [[86400e6, 'd'], [3600e6, 'h'], [60e6, 'min'], [1e6, 's'],
    [1e3, 'ms'], [1, '\u00b5s'], [1e-3, 'ns']];
  var CLOCK = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
    10800, 21600, 43200, 86400, 172800, 432000, 864000];
  var tip = document.createElement('div');
  var pointed = null; /* the bar that keys have come to, if the tip is there */

  function make(name, parent, text, cls) {
    var e = document.createElement(name);
    if (text) e.textContent = text;
    if (cls) e.className = cls;
    parent.appendChild(e);
    return e;
  }

  /* As adl_ticks_say(). */
  function say(us) {
    var i = 3;
    var v;
    if (us >= 100e6) {
      i = 0;
      while (UNITS[i][0] > us) i++;
      v = Math.floor(us % UNITS[i][0] / UNITS[i + 1][0]);
      return Math.floor(us / UNITS[i][0]) + ' ' + UNITS[i][1] +
        (v ? ' ' + v + ' ' + UNITS[i + 1][1] : '');
    }
    while (i < 6 && us < UNITS[i][0] * 0.9995) i++;
    v = us / UNITS[i][0];
    return v.toFixed(i === 6 ? 0 : v < 9.995 ? 2 : v < 99.95 ? 1 : 0) + ' ' +
      UNITS[i][1];
  }

  function chooseStep(us, most) {
    var power;
    var i;
    for (power = 1e-3; power < 1e6; power *= 10) {
      for (i = 0; i < 3; i++) {
        if (us / (STEPS[i] * power) <= most) return STEPS[i] * power;
      }
    }
    for (i = 0; i < CLOCK.length; i++) {
      if (us / (CLOCK[i] * 1e6) <= most) return CLOCK[i] * 1e6;
    }
    return us;
  }

  function nameTick(at, step, end) {
    var i = 0;
    var n = 0;
    var scaled;
    if (Math.abs(at) < step / 2) return '0';
    while (i < 6 && UNITS[i][0] > step * 1.0000001) i++;
    while (i > 3 && end / UNITS[i][0] >= 1000) i--;
    scaled = step / UNITS[i][0];
    while (Math.abs(scaled - Math.round(scaled)) > 1e-6 && n < 9) {
      scaled *= 10;
      n++;
    }
    return (at / UNITS[i][0]).toFixed(n) + ' ' + UNITS[i][1];
  }

  function Diagram(figure) {
    var self = this;
    this.svg = figure.querySelector('svg.adl');
    this.left = +this.svg.dataset.left;
    this.right = +this.svg.dataset.right;
    this.top = +this.svg.dataset.top;
    this.end = +this.svg.dataset.end;
    this.us = +this.svg.dataset.us;
    this.from = 0;
    this.to = this.us;
    this.current = null;
    this.rows = [];
    this.svg.querySelectorAll('.bars > g').forEach(function (g) {
      var bars = Array.prototype.map.call(g.children, function (rect) {
        var bar = {rect: rect, row: self.rows.length, who: g.dataset.who,
          note: g.dataset.note, what: rect.dataset.k, from: +rect.dataset.f,
          to: +rect.dataset.t, n: +(rect.dataset.n || 1)};
        rect.adlBar = bar;
        return bar;
      });
      self.rows.push(bars);
    });
    this.addTools(figure);
    this.listen();
    this.draw();
  }

  Diagram.prototype.addTools = function (figure) {
    var self = this;
    var tools = document.createElement('div');
    tools.className = 'tools';
    tools.setAttribute('role', 'group');
    tools.setAttribute('aria-label', 'Zoom');
    [['+', 'Zoom in', function () { self.zoom(0.5); }],
      ['\u2212', 'Zoom out', function () { self.zoom(2); }],
      ['\u25c0', 'Earlier', function () { self.pan(-0.25); }],
      ['\u25b6', 'Later', function () { self.pan(0.25); }],
      ['All', 'Show all', function () { self.show(0, self.us); }]
    ].forEach(function (t) {
      var button = make('button', tools, t[0]);
      button.type = 'button';
      button.title = t[1];
      button.setAttribute('aria-label', t[1]);
      button.addEventListener('click', t[2]);
    });
    make('span', tools, 'Click the diagram, then wheel or + \u2212 0 to zoom,' +
      ' arrow keys to go from span to span.', 'hint');
    figure.insertBefore(tools, figure.querySelector('.canvas'));
    this.now = make('p', figure, '', 'now');
    this.now.setAttribute('aria-live', 'polite');
  };

  Diagram.prototype.x = function (us) {
    return this.left + (us - this.from) * (this.right - this.left) /
      (this.to - this.from);
  };

  Diagram.prototype.drawAxis = function () {
    var axis = this.svg.querySelector('.axis');
    var both = this.rows.length > 12;
    var span = this.to - this.from;
    var step = chooseStep(span,
      Math.max(1, Math.floor((this.right - this.left) / 92)));
    var self = this;
    var i;
    function add(name, attributes, text) {
      var e = document.createElementNS(SVG, name);
      Object.keys(attributes).forEach(function (key) {
        e.setAttribute(key, attributes[key]);
      });
      if (text) e.textContent = text;
      axis.appendChild(e);
    }
    axis.textContent = '';
    for (i = Math.ceil(this.from / step - 1e-9); i * step <= this.to * (1 + 1e-9);
      i++) {
      var x = self.x(i * step).toFixed(2);
      var name = nameTick(i * step, step, this.to);
      add('line', {'class': 'grid', x1: x, x2: x, y1: this.top - 4,
        y2: this.end + 4});
      add('text', {'class': 'tick', 'text-anchor': 'middle', x: x,
        y: this.end + 17}, name);
      if (both) {
        add('text', {'class': 'tick', 'text-anchor': 'middle', x: x,
          y: this.top - 8}, name);
      }
    }
    add('line', {'class': 'base', x1: this.left, x2: this.right,
      y1: this.end + 4, y2: this.end + 4});
  };

  Diagram.prototype.draw = function () {
    var self = this;
    this.rows.forEach(function (row) {
      row.forEach(function (bar) {
        var x = Math.max(self.x(bar.from), self.left - 50);
        var end = Math.min(self.x(bar.to), self.right + 50);
        var hidden = end < self.left || x > self.right;
        bar.rect.setAttribute('display', hidden ? 'none' : 'inline');
        if (hidden) return;
        bar.rect.setAttribute('x', x.toFixed(2));
        bar.rect.setAttribute('width', Math.max(end - x, 0.6).toFixed(2));
        bar.rect.classList.toggle('e', end - x >= 2.5);
      });
    });
    this.drawAxis();
  };

  Diagram.prototype.show = function (from, to) {
    var least = Math.min(this.us, 0.05);
    var span = Math.min(Math.max(to - from, least), this.us);
    this.from = Math.min(Math.max(from, 0), this.us - span);
    this.to = this.from + span;
    this.draw();
  };

  Diagram.prototype.zoom = function (factor, at) {
    var middle = at === undefined ? (this.from + this.to) / 2 : at;
    if (at === undefined && this.current && this.current.to > this.from &&
      this.current.from < this.to) {
      middle = (Math.max(this.current.from, this.from) +
        Math.min(this.current.to, this.to)) / 2;
    }
    this.show(middle - (middle - this.from) * factor,
      middle + (this.to - middle) * factor);
  };

  Diagram.prototype.pan = function (share) {
    var by = (this.to - this.from) * share;
    this.show(this.from + by, this.to + by);
  };

  function describe(bar) {
    return [bar.what + ', ' + say(bar.to - bar.from),
      'from ' + say(bar.from) + ' to ' + say(bar.to) +
      (bar.n > 1 ? ' (' + bar.n + ' short spans joined)' : '')];
  }

  Diagram.prototype.select = function (bar) {
    if (this.current) this.current.rect.classList.remove('on');
    this.current = bar;
    if (!bar) {
      this.now.textContent = '';
      tip.hidden = true;
      return;
    }
    bar.rect.classList.add('on');
    this.now.textContent = [bar.who].concat(describe(bar)).join(', ');
  };

  function showTip(bar, x, y) {
    tip.textContent = '';
    make('b', tip, bar.who);
    describe(bar).forEach(function (line) { make('div', tip, line); });
    if (bar.note) make('div', tip, bar.note);
    tip.hidden = false;
    pointed = null;
    tip.style.left = Math.max(4, Math.min(x + 14,
      window.innerWidth - tip.offsetWidth - 6)) + 'px';
    tip.style.top = (y + 18 + tip.offsetHeight > window.innerHeight ?
      Math.max(4, y - tip.offsetHeight - 10) : y + 18) + 'px';
  }

  function showTipAt(bar) {
    var box = bar.rect.getBoundingClientRect();
    showTip(bar, Math.max(box.left, 0), box.bottom - 14);
    pointed = bar;
  }

  Diagram.prototype.point = function (bar) {
    if (bar.to < this.from || bar.from > this.to) {
      this.show(bar.from - (this.to - this.from) / 2,
        bar.from + (this.to - this.from) / 2);
    }
    this.select(bar);
    bar.rect.scrollIntoView({block: 'nearest', inline: 'nearest'});
    showTipAt(bar);
  };

  Diagram.prototype.step = function (key) {
    var bar = this.current;
    var row = bar ? bar.row : 0;
    var i = bar ? this.rows[row].indexOf(bar) : -1;
    var middle = bar ? (bar.from + bar.to) / 2 : 0;
    if (key === 'ArrowRight' || key === 'ArrowLeft') {
      i += key === 'ArrowRight' ? 1 : -1;
    } else {
      do {
        row += key === 'ArrowDown' ? 1 : -1;
      } while (this.rows[row] && this.rows[row].length === 0);
      if (!this.rows[row]) return;
      i = 0;
      while (i + 1 < this.rows[row].length &&
        this.rows[row][i].to < middle) i++;
    }
    if (this.rows[row] && this.rows[row][i]) this.point(this.rows[row][i]);
  };

  Diagram.prototype.onKey = function (e) {
    var self = this;
    var keys = {'+': function () { self.zoom(0.5); },
      '=': function () { self.zoom(0.5); },
      '-': function () { self.zoom(2); },
      '0': function () { self.show(0, self.us); },
      Home: function () { self.pan(-1e9); },
      End: function () { self.pan(1e9); },
      Escape: function () { self.select(null); }};
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key.indexOf('Arrow') === 0) {
      if (e.shiftKey && (e.key === 'ArrowLeft' || e.key === 'ArrowRight')) {
        this.pan(e.key === 'ArrowLeft' ? -0.25 : 0.25);
      } else {
        this.step(e.key);
      }
    } else if (keys[e.key]) {
      keys[e.key]();
    } else {
      return;
    }
    e.preventDefault();
  };

  Diagram.prototype.timeAt = function (clientX) {
    var box = this.svg.getBoundingClientRect();
    var x = (clientX - box.left) * this.svg.viewBox.baseVal.width / box.width;
    return this.from + (x - this.left) * (this.to - this.from) /
      (this.right - this.left);
  };

  Diagram.prototype.listen = function () {
    var self = this;
    var svg = this.svg;
    var drag = null;
    svg.classList.add('live');
    svg.setAttribute('tabindex', '0');
    svg.setAttribute('role', 'application');
    svg.setAttribute('aria-label', 'Timing diagram: arrow keys go from span' +
      ' to span, plus and minus zoom, 0 shows all');
    svg.addEventListener('keydown', function (e) { self.onKey(e); });
    svg.addEventListener('blur', function () { self.select(null); });
    svg.addEventListener('wheel', function (e) {
      if (!e.ctrlKey && document.activeElement !== svg) return;
      e.preventDefault();
      if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
        self.pan((e.deltaX || e.deltaY) > 0 ? 0.1 : -0.1);
      } else {
        self.zoom(e.deltaY > 0 ? 1.25 : 0.8, self.timeAt(e.clientX));
      }
    }, {passive: false});
    svg.addEventListener('pointerdown', function (e) {
      drag = {at: self.timeAt(e.clientX), id: e.pointerId};
      svg.focus({preventScroll: true});
    });
    svg.addEventListener('pointermove', function (e) {
      var bar = e.target.adlBar;
      if (drag && e.buttons) {
        var by = drag.at - self.timeAt(e.clientX);
        tip.hidden = true;
        self.show(self.from + by, self.to + by);
        return;
      }
      drag = null;
      if (bar) {
        self.select(bar);
        showTip(bar, e.clientX, e.clientY);
      } else {
        self.select(null);
      }
    });
    svg.addEventListener('pointerup', function () { drag = null; });
    svg.addEventListener('pointerleave', function () {
      if (document.activeElement !== svg) self.select(null);
      tip.hidden = true;
    });
    window.addEventListener('beforeprint', function () {
      self.select(null);
      self.show(0, self.us);
    });
  };

  tip.className = 'tip';
  tip.hidden = true;
  tip.setAttribute('role', 'tooltip');
  document.body.appendChild(tip);
  /* What keys have come to may scroll, and keeps its tip; under the mouse there
   * is something else then. */
  window.addEventListener('scroll', function () {
    if (pointed && !tip.hidden) showTipAt(pointed);
    else tip.hidden = true;
  }, {passive: true, capture: true});
  document.querySelectorAll('figure.diagram').forEach(function (figure) {
    new Diagram(figure);
  });
})();
