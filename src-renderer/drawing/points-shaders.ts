// The two shaders of the point layer, and the program made of them.

/** Bits of a point's style beside its colour, which takes the lowest eight. */
export const kinds = { ghost: 0, plain: 1, chosen: 2 } as const;
export const kindShift = 8;

const vertex = `#version 300 es
uniform vec2 middle;
uniform vec2 scale;
uniform float sizes[3];
uniform float opacities[3];
uniform int highlighted;
uniform sampler2D palette;
layout(location = 0) in vec2 position;
layout(location = 1) in uint style;
flat out vec4 color;
flat out float size;

void main() {
  int index = int(style & 255u);
  int kind = int(style >> ${kindShift}u);
  gl_Position = vec4((position - middle) * scale, 0.0, 1.0);
  size = sizes[kind];
  gl_PointSize = size;
  float opacity = opacities[kind];
  if (highlighted >= 0 && highlighted != index) opacity *= 0.12;
  vec3 own = texelFetch(palette, ivec2(kind == ${kinds.ghost} ? 255 : index, 0), 0).rgb;
  color = vec4(own * opacity, opacity);
}`;

/** Small points are squares of whole pixels: their corners are not seen, and a round edge would blur them away. */
const fragment = `#version 300 es
precision mediump float;
flat in vec4 color;
flat in float size;
out vec4 pixel;

void main() {
  float coverage = 1.0;
  if (size > 3.0) coverage = clamp((0.5 - length(gl_PointCoord - 0.5)) * size + 0.5, 0.0, 1.0);
  pixel = color * coverage;
}`;

export const uniformNames = ['middle', 'scale', 'sizes', 'opacities', 'highlighted', 'palette'] as const;
export type Uniforms = Record<(typeof uniformNames)[number], WebGLUniformLocation | null>;

/** Throws where the driver refuses the shaders, with what it says. */
export function makeProgram(gl: WebGL2RenderingContext): { program: WebGLProgram; uniforms: Uniforms } {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
    throw new Error(`The shaders of the map were refused: ${gl.getProgramInfoLog(program)}`);
  const uniforms = Object.fromEntries(uniformNames.map((name) => [name, gl.getUniformLocation(program, name)]));
  return { program, uniforms: uniforms as Uniforms };
}
