export const words = {
  menuOf: {
  },
  codes: {
  },
};
